//! Setting up the clients: credentials, region, time-outs and retries, all on purpose.

use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_ec2::config::StalledStreamProtectionConfig;
use aws_sdk_ec2::config::retry::RetryConfig;
use aws_sdk_ec2::config::timeout::TimeoutConfig;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use jiff::{SignedDuration, Timestamp};

use super::count::Count;
use super::endpoint::Endpoint;
use super::error::classify;
use super::skew::Skew;
use crate::clock::Clock;
use crate::model::{Failure, FailureKind, Fate, Text, age};

/// How long one attempt of a call may take. The SDK has no limit of its own, and EC2 answers within seconds.
const ATTEMPT: Duration = Duration::from_secs(10);

/// How long a call may take with all its attempts.
const OPERATION: Duration = Duration::from_secs(30);

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(4);

/// How long STS may take to tell the account: it is nice to know, and may be out of reach where EC2 is not.
const ACCOUNT: Duration = Duration::from_secs(4);

/// How often a call is attempted. The loop looks again soon anyway, so the SDK need not be stubborn.
const ATTEMPTS: u32 = 3;

/// What decides about credentials, region and endpoint.
#[derive(Debug, Clone)]
pub enum Source {
    /// The ordinary AWS environment and profiles, with what the configuration says on top.
    Aws(Environment),
    /// A simulator below the SDK: nothing is read from files or the network.
    Embedded {
        /// What answers.
        http_client: SharedHttpClient,
        /// The clock that SDK and simulator share.
        clock: Clock,
    },
}

/// What the configuration says about AWS; where it is silent the AWS environment decides.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The region.
    pub region: Option<String>,
    /// The profile.
    pub profile: Option<String>,
}

/// A connection to EC2 in one region, with one account's credentials. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ec2 {
    pub(super) looking: aws_sdk_ec2::Client,
    /// A client without retries: of several attempts only the last one's fate would be known, and the loop tries
    /// again anyway, after a look.
    pub(super) acting: aws_sdk_ec2::Client,
    sts: aws_sdk_sts::Client,
    pub(super) endpoint: Endpoint,
    sts_endpoint: Endpoint,
    region: Text,
    count: Count,
    skew: Skew,
    pub(super) clock: Clock,
}

impl Ec2 {
    /// Sets up the clients. Credentials are not fetched yet.
    ///
    /// # Errors
    ///
    /// When there is no region, or region or endpoint cannot be used: a matter of configuration.
    pub async fn connect(source: Source) -> Result<Self, Failure> {
        // The embedded one has an address that means nothing to anybody.
        let is_on_network = matches!(source, Source::Aws(_));
        let (config, clock) = match source {
            Source::Aws(environment) => {
                refuse_unusable_variables()?;
                (from_environment(environment).await, Clock::real())
            }
            Source::Embedded { http_client, clock } => (embedded(http_client, &clock), clock),
        };
        let region = config.region().map(AsRef::as_ref).unwrap_or_default();
        if region.is_empty() {
            let why = "none is configured: set region under [aws], or AWS_REGION, or region in the AWS profile";
            return Err(misconfigured("finding the AWS region", why));
        }
        if !region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            let why = format!("{region} is none; a region is such as us-east-1");
            return Err(misconfigured("finding the AWS region", &why));
        }
        let region = Text::new(region);
        let (count, skew) = (Count::default(), Skew::new(clock.clone()));
        let ec2 = aws_sdk_ec2::config::Builder::from(&config).interceptor(count.clone()).interceptor(skew.clone());
        let (endpoint, sts_endpoint) = (Endpoint::new("EC2"), Endpoint::new("STS"));
        let ec2 = if is_on_network { ec2.interceptor(endpoint.clone()) } else { ec2 };
        let once = ec2.clone().retry_config(RetryConfig::disabled());
        let sts = aws_sdk_sts::config::Builder::from(&config).interceptor(count.clone());
        let sts = if is_on_network { sts.interceptor(sts_endpoint.clone()) } else { sts };
        Ok(Self {
            looking: aws_sdk_ec2::Client::from_conf(ec2.build()),
            acting: aws_sdk_ec2::Client::from_conf(once.build()),
            sts: aws_sdk_sts::Client::from_conf(sts.build()),
            endpoint,
            sts_endpoint,
            region,
            count,
            skew,
            clock,
        })
    }

    /// How many requests were sent to AWS so far, each repetition counted.
    #[must_use]
    pub fn requests_sent(&self) -> u64 {
        self.count.read()
    }

    /// How far EC2's clock was ahead of this computer's by its latest answer, good to some seconds; none before the first
    /// answer, or when answers carry no date.
    #[must_use]
    pub fn clock_ahead(&self) -> Option<SignedDuration> {
        self.skew.read()
    }

    /// The region.
    #[must_use]
    pub fn region(&self) -> &Text {
        &self.region
    }

    /// Asks STS to which account the credentials belong.
    ///
    /// # Errors
    ///
    /// When STS does not answer within four seconds, or refuses.
    pub async fn account(&self) -> Result<Text, Failure> {
        let quick = TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(ACCOUNT).build();
        let quick = aws_sdk_sts::config::Builder::new().timeout_config(quick).retry_config(RetryConfig::disabled());
        let reply = self.sts.get_caller_identity().customize().config_override(quick).send().await;
        let identity = reply.map_err(|error| classify("GetCallerIdentity", &error, &self.sts_endpoint))?;
        Ok(Text::new(identity.account().unwrap_or("unknown")))
    }
}

fn misconfigured(tried: &str, why: &str) -> Failure {
    Failure { kind: FailureKind::Credentials, fate: Fate::NotDone, tried: Text::new(tried), why: Text::new(why) }
}

/// The SDK panics when it is given an empty endpoint.
fn refuse_unusable_variables() -> Result<(), Failure> {
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2", "AWS_ENDPOINT_URL_STS"] {
        let value = std::env::var(name).unwrap_or_else(|_| "https://".to_owned());
        if !value.starts_with("http://") && !value.starts_with("https://") {
            let why =
                format!("{name} is {value:?}: an endpoint begins with http:// or https://; unset it to use AWS's own");
            return Err(misconfigured("finding the AWS endpoint", &why));
        }
    }
    Ok(())
}

/// Limits of our own. The SDK's protection against stalled streams, which has others, is off: nothing streams here.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build()
}

async fn from_environment(environment: Environment) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .timeout_config(timeouts())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
    if let Some(region) = environment.region {
        loader = loader.region(Region::new(region));
    }
    if let Some(profile) = environment.profile {
        loader = loader.profile_name(profile);
    }
    loader.load().await
}

/// Set in code altogether: no file, no environment variable and no metadata service has a say.
fn embedded(http_client: SharedHttpClient, clock: &Clock) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "AKIDEMBEDDED",
            "embedded",
            None,
            None,
            "embedded",
        )))
        .endpoint_url("http://embedded.invalid")
        .http_client(http_client)
        .sleep_impl(SharedAsyncSleep::new(clock.clone()))
        .time_source(SharedTimeSource::new(clock.clone()))
        .timeout_config(timeouts())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .build()
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + age(Clock::now(self).wall, Timestamp::UNIX_EPOCH)
    }
}

impl AsyncSleep for Clock {
    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.clone();
        Sleep::new(async move { Clock::sleep(&clock, duration).await })
    }
}
