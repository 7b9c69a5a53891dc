//! Where calls go, for the words of those that get no answer: what decides about it is spread over variables, profiles and
//! the region, and only the SDK knows what comes of it.

use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::model::Text;

/// The host of a service that calls go to, with its port where it has one; known from the first call on. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    service: &'static str,
    host: Arc<OnceLock<Text>>,
}

impl Endpoint {
    pub(super) fn new(service: &'static str) -> Self {
        Self { service, host: Arc::default() }
    }

    /// The service and its host, such as `EC2 at ec2.us-east-1.amazonaws.com`.
    pub(super) fn in_words(&self) -> String {
        match self.host.get() {
            Some(host) => format!("{} at {host}", self.service),
            None => self.service.to_owned(),
        }
    }

    /// What to do where it cannot be reached, as words that follow; nothing of an endpoint that is not on a network.
    pub(super) fn advice(&self) -> &'static str {
        match self.host.get() {
            Some(_) => "; check the network, the region, and AWS_ENDPOINT_URL if it is set",
            None => "",
        }
    }
}

#[dyn_dispatch_hint]
impl Intercept for Endpoint {
    fn name(&self) -> &'static str {
        "Endpoint"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.host.get_or_init(|| Text::new(host(context.request().uri())));
        Ok(())
    }
}

/// The host and port of a URI, without what somebody may have to keep secret in it.
fn host(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_only_host_and_port_are_told() {
        assert_eq!(host("https://ec2.us-east-1.amazonaws.com/"), "ec2.us-east-1.amazonaws.com");
        assert_eq!(host("http://127.0.0.1:9/?a=b"), "127.0.0.1:9");
        assert_eq!(host("http://me:secret@proxy.example:80/x"), "proxy.example:80");
    }
}
