//! Calls that go wrong, and throttling.

use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;

use super::super::{Effect, Fault, Outcome, Scenario, Sim};
use super::bench::{HOME, NEW, OLD, READY, bench, client, instance, words};
use crate::clock::Clock;

#[tokio::test(start_paused = true)]
async fn an_error_comes_with_its_code_and_status_for_as_many_calls_as_asked() {
    let rows = [
        ("RequestLimitExceeded", 503),
        ("InternalError", 500),
        ("Unavailable", 503),
        ("UnauthorizedOperation", 403),
        ("RequestExpired", 400),
        ("AuthFailure", 401),
        ("SomethingElse", 400),
    ];
    for (code, status) in rows {
        let bench = bench(READY);
        bench.sim.inject(Fault::error(code).on("RebootInstances").times(1));
        assert!(bench.ec2.describe_volumes().send().await.is_ok());
        let refused = bench.ec2.reboot_instances().instance_ids(OLD).send().await.unwrap_err();
        assert_eq!(refused.raw_response().unwrap().status().as_u16(), status);
        assert_eq!(words(refused).0, code);
        bench.reboot(OLD).await.unwrap();
        assert_eq!(bench.sim.guest(&instance(OLD)).unwrap().reboots_asked, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_an_effect_and_a_lost_request_is_none() {
    for (effect, asked, ends) in [
        (Effect::ReplyLost, 1, "dispatch"),
        (Effect::RequestLost, 0, "dispatch"),
        (Effect::Hang, 0, "timeout"),
        (Effect::HangAfterEffect, 1, "timeout"),
    ] {
        let bench = bench(READY);
        bench.sim.inject(Fault::new(effect.clone()).times(1));
        assert_eq!(bench.reboot(OLD).await.unwrap_err().0, ends, "{effect:?}");
        assert_eq!(bench.sim.guest(&instance(OLD)).unwrap().reboots_asked, asked, "{effect:?}");
        let expected = if asked == 1 { Outcome::AnswerLost } else { Outcome::Lost };
        assert_eq!(bench.sim.mutating_calls()[0].outcome, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn the_sdk_retries_an_attach_whose_answer_was_lost_into_volume_in_use() {
    let bench = bench(NEW);
    bench.wait(12).await;
    let id = bench.current();
    bench.sim.inject(Fault::new(Effect::ReplyLost).on("AttachVolume").times(1));
    let retrying = client(&bench.sim, RetryConfig::standard());
    let call = retrying.attach_volume().volume_id(HOME).instance_id(&id).device("/dev/sdp").send();
    assert_eq!(call.await.map_err(words).unwrap_err().0, "VolumeInUse");
    assert_eq!(bench.volume(HOME).attachments[0].instance, instance(&id));
}

#[tokio::test(start_paused = true)]
async fn garbage_is_an_answer_that_the_sdk_cannot_read() {
    let bench = bench(READY);
    bench.sim.inject(Fault::new(Effect::Garbage));
    let refused = bench.ec2.describe_volumes().send().await.unwrap_err();
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 500);
    bench.sim.clear_faults();
    assert!(bench.ec2.describe_volumes().send().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn latency_is_time_that_passes() {
    let bench = bench(READY);
    bench.sim.inject(Fault::new(Effect::Latency(Duration::from_secs(3))));
    let before = bench.clock.now().monotonic;
    bench.ec2.describe_volumes().send().await.unwrap();
    assert_eq!(bench.clock.now().monotonic, before + Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn a_fault_of_the_scenario_strikes_in_its_time() {
    let bench = bench(&format!("{READY}\n[[fault]]\nerror = 'Unavailable'\nfrom = '10s'\nuntil = '20s'"));
    for (wait, fine) in [(9, true), (1, false), (9, false), (1, true)] {
        bench.wait(wait).await;
        assert_eq!(bench.ec2.describe_volumes().send().await.is_ok(), fine);
    }
}

#[tokio::test(start_paused = true)]
async fn calls_beyond_the_bucket_are_throttled_and_the_sdk_gets_through_by_patience() {
    let bench = bench(READY);
    let mut refused = 0;
    for _ in 0..60 {
        refused += u32::from(
            bench
                .ec2
                .describe_volumes()
                .send()
                .await
                .map_err(words)
                .is_err_and(|words| words.0 == "RequestLimitExceeded"),
        );
    }
    assert_eq!(refused, 10, "unfiltered and unpaged: fifty at once");
    let patient = client(&bench.sim, RetryConfig::standard());
    assert!(patient.describe_volumes().send().await.is_ok());
    bench.sim.with_world(|world| world.knobs.throttling = false);
    for _ in 0..200 {
        assert!(bench.ec2.describe_volumes().send().await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_stalls_in_its_middle_is_an_effect_without_an_answer() {
    let bench = bench(READY);
    bench.sim.inject(Fault::new(Effect::Stalled).times(1));
    assert_eq!(bench.reboot(OLD).await.unwrap_err().0, "timeout");
    assert_eq!(bench.sim.guest(&instance(OLD)).unwrap().reboots_asked, 1);
    assert_eq!(bench.sim.mutating_calls()[0].outcome, Outcome::AnswerLost);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_arrives_twice_is_answered_for_the_second_time() {
    let bench = bench(NEW);
    bench.wait(12).await;
    let id = bench.current();
    bench.sim.inject(Fault::new(Effect::Twice).times(2));
    assert_eq!(bench.attach(HOME, &id, "/dev/sdp").await.unwrap_err().0, "VolumeInUse");
    assert_eq!(bench.volume(HOME).attachments.len(), 1);
    bench.reboot(&id).await.unwrap();
    assert_eq!(bench.sim.guest(&instance(&id)).unwrap().reboots_asked, 2);
}

#[tokio::test(start_paused = true)]
async fn a_stale_look_shows_again_what_was_gone_already() {
    let bench = bench(&format!("{READY}\n[[fault]]\naction = 'DescribeVolumes'\nstale = '10s'\nfrom = '66s'"));
    let shown = async || {
        let found = bench.ec2.describe_volumes().volume_ids(HOME).send().await.unwrap();
        found.volumes()[0].state().unwrap().to_string()
    };
    bench.wait(60).await;
    bench.sim.with_world(|world| drop(world.detach(&HOME.parse().unwrap(), None, None, true)));
    bench.wait(5).await;
    assert_eq!(shown().await, "available");
    bench.wait(1).await;
    assert_eq!(shown().await, "in-use");
    let instances = bench.ec2.describe_instances().instance_ids(OLD).send().await.unwrap();
    assert_eq!(instances.reservations()[0].instances()[0].block_device_mappings().len(), 1, "this view is not stale");
    bench.wait(10).await;
    assert_eq!(shown().await, "available");
}

#[tokio::test(start_paused = true)]
async fn trouble_comes_in_bursts_and_by_the_seed_and_goes_when_faults_are_cleared() {
    let trouble = "[trouble]\nevery = '5m'\nlasts = '2m'\nkinds = ['internal-error', 'expired-credentials']";
    let outcomes = async || {
        let bench = bench(&format!("{READY}\n{trouble}"));
        let mut outcomes = Vec::new();
        for _ in 0..200 {
            bench.wait(30).await;
            outcomes.push(bench.ec2.describe_volumes().send().await.map(|_| ()).map_err(|error| words(error).0));
        }
        bench.sim.clear_faults();
        for _ in 0..200 {
            bench.wait(30).await;
            bench.ec2.describe_volumes().send().await.unwrap();
        }
        outcomes
    };
    let first = outcomes().await;
    for expected in [Ok(()), Err("InternalError".to_owned()), Err("RequestExpired".to_owned())] {
        assert!(first.contains(&expected), "{expected:?}");
    }
    assert_eq!(outcomes().await, first);
}

/// What a scenario can say at most, everywhere at once: nothing that is added to it or drawn from it runs over.
#[test]
fn the_longest_spans_are_played_and_longer_ones_refused() {
    let longest = "
        [lag]
        requests = '366d'
        [trouble]
        every = '366d'
        lasts = { median = '1ms', tail = '366d' }
        [[fault]]
        stale = '366d'
        [[fault]]
        latency = '366d'
        [[event]]
        at = '366d'
        every = '366d'
        expire = 'sir-y1a23b4c'
        [[request]]
        id = 'sir-y1a23b4c'
        valid_for = '366d'
        [request.instance]
        age = '366d'
    ";
    for seed in 1..20 {
        let clock = Clock::standing_at("2026-01-01T00:00:00Z".parse().unwrap());
        let sim = Sim::new(&Scenario::parse(longest).unwrap(), seed, clock).unwrap();
        for _ in 0..3 {
            let _ = sim.serve("Action=DescribeSpotInstanceRequests", b"");
            sim.advance(Duration::from_hours(366 * 24));
        }
    }
    let refused = Scenario::parse(&longest.replace("requests = '366d'", "requests = '18446744073709551615s'"));
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("line 3") && refused.contains("up to 366 days"), "{refused}");
}
