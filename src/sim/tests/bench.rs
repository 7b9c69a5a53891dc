//! What the tests work with.

use std::time::Duration;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::config::timeout::TimeoutConfig;
use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region, SharedAsyncSleep};
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_types::retry::RetryConfig;

use super::super::{Instance, Request, Scenario, Sim, Volume};
use crate::clock::Clock;
use crate::model::{InstanceId, SpotRequestId, VolumeId};

/// Delays that make every moment of a test predictable.
pub(super) const TIMING: &str = "
    [timing]
    latency = '0s'
    reevaluation = '5s'
    evaluation = '1s'
    fulfillment = '3s'
    capacity_return = '20s'
    reopen = '15s'
    start = '8s'
    shutdown = '20s'
    stop = '20s'
    attach = '2s'
    detach = '4s'
    device_hold = '8s'
    guest_boot = '35s'
    guest_shutdown = '10s'
    guest_resume = '5s'
    visibility = '0s'
    delete_volume = '2s'
    create_image = '240s'
    create_snapshot = '60s'
    prepare_step = '1s'
    prepare_copy = '180s'
    prepare_verify = '10s'
";

pub(super) const REQUEST: &str = "sir-y1a23b4c";
pub(super) const HOME: &str = "vol-e123456f";
pub(super) const OLD: &str = "i-0ab12cd3";

/// A home volume and a request for it, with an instance that has been ready for an hour.
pub(super) const READY: &str = "
    [[volume]]
    id = 'vol-e123456f'
    zone = 'us-east-1a'
    [[request]]
    id = 'sir-y1a23b4c'
    zone = 'us-east-1a'
    homes = ['vol-e123456f']
    [request.instance]
    id = 'i-0ab12cd3'
    age = '1h'
    attached = [{ volume = 'vol-e123456f', device = '/dev/sdp' }]
";

/// A home volume, and a request for it that has just been made.
pub(super) const NEW: &str = "
    [[volume]]
    id = 'vol-e123456f'
    zone = 'us-east-1a'
    [[request]]
    id = 'sir-y1a23b4c'
    zone = 'us-east-1a'
    homes = ['vol-e123456f']
";

pub(super) struct Bench {
    pub(super) sim: Sim,
    pub(super) clock: Clock,
    pub(super) ec2: Client,
}

/// An embedded EC2 with this scenario, and a client of the real SDK without retries.
pub(super) fn bench(scenario: &str) -> Bench {
    let clock = Clock::starting_at("2026-01-01T00:00:00Z".parse().unwrap(), 1.0);
    // Top-level keys and tables of the caller's come first or last; the timing lies between.
    let keys = scenario.split_inclusive('\n').take_while(|line| !line.trim_start().starts_with('['));
    let (top, tables) = scenario.split_at(keys.map(str::len).sum());
    let scenario = Scenario::parse(&format!("{top}\n{TIMING}\n{tables}")).unwrap();
    let sim = Sim::new(&scenario, 1, clock.clone()).unwrap();
    let ec2 = client(&sim, RetryConfig::disabled());
    Bench { sim, clock, ec2 }
}

pub(super) fn client(sim: &Sim, retries: RetryConfig) -> Client {
    let config = aws_sdk_ec2::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
        .retry_config(retries)
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(10)).build())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .http_client(sim.http_client())
        .build();
    Client::from_conf(config)
}

impl Bench {
    pub(super) async fn wait(&self, seconds: u64) {
        self.clock.sleep(Duration::from_secs(seconds)).await;
    }

    pub(super) fn request(&self) -> Request {
        self.sim.with_world(|world| world.request(&REQUEST.parse().unwrap()).unwrap().clone())
    }

    /// State and status code of the request.
    pub(super) fn status(&self) -> String {
        let request = self.request();
        format!("{}/{}", request.state, request.status.code)
    }

    pub(super) fn instance(&self, id: &str) -> Instance {
        self.sim.with_world(|world| world.instance(&instance(id)).unwrap().clone())
    }

    pub(super) fn state(&self, id: &str) -> String {
        self.instance(id).state.to_string()
    }

    pub(super) fn volume(&self, id: &str) -> Volume {
        self.sim.with_world(|world| world.volume(&volume(id)).unwrap().clone())
    }

    /// The request's instance, which it has to have.
    pub(super) fn current(&self) -> String {
        self.request().instance.unwrap().to_string()
    }

    pub(super) async fn attach(&self, volume: &str, instance: &str, device: &str) -> Result<(), (String, String)> {
        let call = self.ec2.attach_volume().volume_id(volume).instance_id(instance).device(device).send();
        call.await.map(|_| ()).map_err(words)
    }

    pub(super) async fn detach(&self, volume: &str, instance: &str) -> Result<(), (String, String)> {
        self.ec2.detach_volume().volume_id(volume).instance_id(instance).send().await.map(|_| ()).map_err(words)
    }

    pub(super) async fn reboot(&self, instance: &str) -> Result<(), (String, String)> {
        self.ec2.reboot_instances().instance_ids(instance).send().await.map(|_| ()).map_err(words)
    }
}

/// Code and message of an error, as the SDK reads them.
#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
pub(super) fn words<E: ProvideErrorMetadata, R: std::fmt::Debug>(error: SdkError<E, R>) -> (String, String) {
    match &error {
        SdkError::ServiceError(_) => {
            (error.code().unwrap_or_default().to_owned(), error.message().unwrap_or_default().to_owned())
        }
        SdkError::DispatchFailure(_) => ("dispatch".to_owned(), String::new()),
        SdkError::TimeoutError(_) => ("timeout".to_owned(), String::new()),
        _ => ("other".to_owned(), String::new()),
    }
}

pub(super) fn sir(id: &str) -> SpotRequestId {
    id.parse().unwrap()
}

pub(super) fn instance(id: &str) -> InstanceId {
    id.parse().unwrap()
}

pub(super) fn volume(id: &str) -> VolumeId {
    id.parse().unwrap()
}
