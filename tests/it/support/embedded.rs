//! The embedded EC2 on loopback: what the program as a process takes for AWS.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use hyper::body::Bytes;
use hyper::{Request, Response};
use jiff::Timestamp;
use spotkeeper::clock::Clock;
use spotkeeper::sim::{Delivery, SHIPPED_POLICY, Scenario, Served, Sim};

use super::proxy::Reply;

/// Every delay so short that a story takes seconds, and none by chance.
pub(crate) const BRISK: &str = r#"
[timing]
latency = "1ms"
reevaluation = "100ms"
evaluation = "100ms"
fulfillment = "100ms"
capacity_return = "100ms"
reopen = "100ms"
start = "100ms"
notice = "3s"
shutdown = "100ms"
stop = "100ms"
attach = "100ms"
detach = "100ms"
device_hold = "100ms"
guest_boot = "100ms"
guest_shutdown = "100ms"
guest_deaf = "100ms"
hard_reset = "1s"
"#;

/// An embedded EC2 with this scenario and brisk timing, by the computer's own clock, under the shipped policy.
pub(crate) fn brisk(scenario: &str) -> Sim {
    let mut scenario = Scenario::parse(&format!("{scenario}\n{BRISK}")).expect("the scenario can be read");
    scenario.policy = Some(SHIPPED_POLICY.to_owned());
    Sim::new(&scenario, 1, Clock::real()).expect("the scenario can be played")
}

/// An upstream that is this embedded EC2.
pub(crate) fn served_by(sim: Sim) -> impl Fn(Request<Bytes>) -> Pin<Box<dyn Future<Output = Reply> + Send>> {
    move |request| {
        let Served { after, delivery } = sim.serve(request.uri().query().unwrap_or_default(), request.body());
        Box::pin(async move {
            tokio::time::sleep(after).await;
            deliver(delivery).await
        })
    }
}

async fn deliver(delivery: Delivery) -> Reply {
    match delivery {
        Delivery::Reply(reply) => {
            let response = Response::builder().status(reply.status);
            let headers = reply.headers.into_iter();
            let response = headers.fold(response, |response, (name, value)| response.header(name, value));
            Ok(response.body(Bytes::from(reply.body))?)
        }
        Delivery::Broken => Err("the connection breaks".into()),
        Delivery::Silence | Delivery::Stalled(_) => std::future::pending().await,
    }
}

/// Makes everything that EC2 tells of its past this much older: the world as it would stand after that time.
pub(crate) fn grow_older(sim: &Sim, by: Duration) {
    let earlier = |time: &mut Timestamp| *time = time.checked_sub(by).expect("the time is in range");
    sim.with_world(|world| {
        let records = world.records_mut();
        for request in records.requests.values_mut() {
            earlier(&mut request.created);
            earlier(&mut request.status.since);
        }
        records.instances.values_mut().for_each(|instance| earlier(&mut instance.launch_time));
        for volume in records.volumes.values_mut() {
            earlier(&mut volume.created);
            volume.attachments.iter_mut().for_each(|held| earlier(&mut held.attach_time));
        }
    });
}
