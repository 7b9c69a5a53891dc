//! The SDK's HTTP seam.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

use super::Sim;
use super::front::{Delivery, HttpReply, Served};
use super::stalled::Stalled;
use crate::clock::Clock;

/// Carries the SDK's requests to the embedded EC2. The world sees a request at once; its answer takes the latency.
#[derive(Debug, Clone)]
struct Connector {
    sim: Sim,
    clock: Clock,
    read_timeout: Option<Duration>,
}

impl Sim {
    /// The HTTP client to give to the SDK's configuration. Endpoint and region do not matter.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(Connector { sim: self.clone(), clock: self.clock.clone(), read_timeout: None })
    }
}

impl Connector {
    async fn exchange(self, served: Served) -> Result<HttpResponse, ConnectorError> {
        self.clock.sleep(served.after).await;
        match served.delivery {
            Delivery::Reply(reply) => response(reply, SdkBody::from),
            Delivery::Stalled(reply) => response(reply, |body| SdkBody::from_body_1_x(Stalled::new(body))),
            Delivery::Broken => Err(ConnectorError::io("the connection was reset by the other side".into())),
            Delivery::Silence => std::future::pending().await,
        }
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let Some(body) = request.body().bytes() else {
                return Err(ConnectorError::user("the embedded EC2 takes no streamed body".into()));
            };
            let query = request.uri().split_once('?').map_or("", |(_, query)| query);
            let served = this.sim.serve(query, body);
            match this.read_timeout {
                None => this.exchange(served).await,
                Some(limit) => tokio::time::timeout(limit, this.exchange(served))
                    .await
                    .unwrap_or_else(|elapsed| Err(ConnectorError::timeout(elapsed.into()))),
            }
        })
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Self { read_timeout: settings.read_timeout(), ..self.clone() })
    }
}

fn response(reply: HttpReply, body: impl FnOnce(String) -> SdkBody) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(reply.status).map_err(|error| ConnectorError::other(error.into(), None))?;
    let mut response = HttpResponse::new(status, body(reply.body));
    for (name, value) in reply.headers {
        response.headers_mut().try_insert(name, value).map_err(|error| ConnectorError::other(error.into(), None))?;
    }
    Ok(response)
}
