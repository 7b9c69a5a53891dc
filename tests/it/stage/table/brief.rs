//! A course made shorter for its readers: short names, and one line for what goes its usual way.

/// Names the instances that EC2 drew ids for in the order in which they are told of.
pub(super) fn with_short_names(course: &str) -> String {
    let mut course = course.to_owned();
    for short in ["i-first", "i-second", "i-third", "i-fourth"] {
        let drawn = course.match_indices("i-0").find_map(|(at, _)| {
            let id = course.get(at..at + 19)?;
            let is_drawn = id.get(2..)?.chars().all(|c| c.is_ascii_hexdigit());
            is_drawn.then(|| id.to_owned())
        });
        let Some(drawn) = drawn else { break };
        course = course.replace(&drawn, short);
    }
    course
}

/// Tells the usual way home in brackets, wherever it stands word for word.
pub(super) fn with_short_ways(course: &str) -> String {
    let open = |code: &str, message: &str| {
        format!("  waiting: sir-y1a23b4c is open ({code}: {message}): EC2 is looking for capacity\n")
    };
    let evaluated = "Your Spot request has been submitted for review, and is pending evaluation";
    let evaluated = open("pending-evaluation", evaluated);
    let fulfilled = open("pending-fulfillment", "Your Spot request is pending fulfillment");
    let mut course = course.replace(&format!("{evaluated}{fulfilled}"), "  (EC2 fulfils the request)\n");
    for id in ["i-first", "i-second", "i-third"] {
        let attach = format!("  (→ AttachVolume vol-e123456f {id} /dev/sdp)\n");
        course = course.replace(&usual_attach(id), &attach);
        for address in ["203.0.113.1", "203.0.113.2", "203.0.113.3"] {
            let reboot = format!("  (→ RebootInstances {id}; {address} is published; ready)\n");
            course = course.replace(&usual_reboot(id, address), &reboot);
        }
    }
    course
}

fn usual_attach(id: &str) -> String {
    format!(
        "  begins: attach vol-e123456f to {id} as /dev/sdp ({id} runs, vol-e123456f is available, both in us-east-1b)
  → AttachVolume vol-e123456f {id} /dev/sdp
  working: vol-e123456f is attaching to {id} as /dev/sdp
"
    )
}

fn usual_reboot(id: &str, address: &str) -> String {
    format!(
        "  working: {id} has its volumes; its reboot follows 10s after the last was attached, because a guest too early \
         in its boot does not hear it
  begins: reboot {id} (its volumes are attached, and it has to boot with them)
  → RebootInstances {id}
  begins: publish {address} of {id} in the hosts file (the machine is up, and has no entry there)
  = publish {address} of {id} in the hosts file
  ready: already connected: vol-e123456f on {id} as /dev/sdp; its names say {address}
"
    )
}
