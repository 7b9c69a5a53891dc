//! The proxy's own promises.

use hyper::StatusCode;

use super::*;

/// An upstream that answers every call with 202 and its own body.
async fn echo(request: Request<Bytes>) -> Reply {
    Ok(Response::builder().status(StatusCode::ACCEPTED).body(request.into_body())?)
}

fn post(proxy: &Proxy, form: &'static str) -> Reply {
    let request = Request::post("/").body(Bytes::from_static(form.as_bytes())).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(send(proxy.address, request))
}

#[test]
fn a_call_is_forwarded_and_written_down_with_its_fields_and_status() {
    let proxy = Proxy::start(echo);
    let form = "Action=AttachVolume&Device=%2Fdev%2Fsdp";
    let reply = post(&proxy, form).unwrap();
    post(&proxy, "Action=DescribeVolumes").unwrap();
    post(&proxy, "Action=GetCallerIdentity").unwrap();
    assert_eq!((reply.status(), &reply.body()[..]), (StatusCode::ACCEPTED, form.as_bytes()));
    assert_eq!(proxy.calls().len(), 3);
    let [call] = &proxy.mutating_calls()[..] else { panic!("one call can change something") };
    assert_eq!((call.action.as_str(), call.field("Device"), call.status), ("AttachVolume", "/dev/sdp", Some(202)));
}

#[test]
fn a_call_lost_after_forwarding_reached_the_upstream_and_one_lost_before_did_not() {
    for (moment, status) in [(Moment::BeforeForwarding, None), (Moment::AfterForwarding, Some(202))] {
        let proxy = Proxy::start(echo);
        proxy.lose("AttachVolume", 2, moment);
        let replies = ["AttachVolume", "DescribeVolumes", "AttachVolume", "AttachVolume"]
            .map(|action| post(&proxy, Box::leak(format!("Action={action}").into_boxed_str())).is_ok());
        assert_eq!(replies, [true, true, false, true], "{moment:?}");
        assert_eq!(proxy.calls()[2].status, status, "{moment:?}");
    }
}

#[test]
fn a_held_call_is_answered_when_it_is_released_and_others_pass_meanwhile() {
    for (moment, status) in [(Moment::BeforeForwarding, None), (Moment::AfterForwarding, Some(202))] {
        let proxy = Proxy::start(echo);
        let held = proxy.hold("RebootInstances", 1, moment);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| post(&proxy, "Action=RebootInstances"));
            held.wait();
            post(&proxy, "Action=DescribeVolumes").unwrap();
            assert_eq!(proxy.calls()[0].status, status, "{moment:?}");
            assert!(!waiting.is_finished(), "{moment:?}");
            held.release();
            assert_eq!(waiting.join().unwrap().unwrap().status(), StatusCode::ACCEPTED, "{moment:?}");
        });
    }
}
