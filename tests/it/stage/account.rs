//! Credentials that were renewed, and belong to another account.

use std::sync::Mutex;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use spotkeeper::protocol::PauseReason;
use spotkeeper::sim::{ACCOUNT, Fault};

use super::commands::{ATTACHED, REBOOTED};
use super::*;

const OTHER: &str = "999999999999";

/// The way to the embedded EC2 with credentials of any account.
#[derive(Debug, Clone)]
struct Credentials {
    client: SharedHttpClient,
    account: Arc<Mutex<&'static str>>,
}

impl HttpClient for Credentials {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, parts);
        SharedHttpConnector::new(Connector { connector, account: Arc::clone(&self.account) })
    }
}

#[derive(Debug)]
struct Connector {
    connector: SharedHttpConnector,
    account: Arc<Mutex<&'static str>>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (account, reply) = (*self.account.lock().unwrap(), self.connector.call(request));
        HttpConnectorFuture::new(async move {
            let reply = reply.await?;
            let body = String::from_utf8(reply.body().bytes().unwrap().to_vec()).unwrap();
            Ok(HttpResponse::new(reply.status(), SdkBody::from(body.replace(ACCOUNT, account))))
        })
    }
}

/// A stage, and whose credentials there are.
struct Renewal {
    stage: Stage,
    account: Arc<Mutex<&'static str>>,
}

impl Renewal {
    /// The credentials expire at once after the first look, which found that something waits for a yes.
    async fn begin() -> (Self, Running) {
        let stage = Stage::new(RUNNING, TRAIN);
        let account = Arc::new(Mutex::new(ACCOUNT));
        let credentials = Credentials { client: stage.sim.http_client(), account: Arc::clone(&account) };
        let session = stage.session_over(SharedHttpClient::new(credentials)).await;
        let options = Options { mode: Mode::Confirm, yes_to_all: false, mode_is_fixed: false };
        let (engine, handle, _) = session.acting_engine(options).unwrap();
        let mut engine = Running { handle, task: tokio::spawn(engine.run()) };
        engine.until_state("train", State::NeedsApproval).await;
        stage.pass("1s").await;
        assert_eq!(engine.snapshot().account.as_ref().unwrap().as_str(), ACCOUNT);
        stage.sim.inject(Fault::error("RequestExpired"));
        stage.until("the look to fail", || engine.snapshot().look_failure.is_some()).await;
        engine.tell(Command::SetMode(Mode::Auto)).await;
        stage.pass("1m").await;
        (Self { stage, account }, engine)
    }

    /// The credentials are renewed.
    fn renew(&self, account: &'static str) {
        *self.account.lock().unwrap() = account;
        self.stage.sim.clear_faults();
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_of_another_account_pause_until_the_operator_says_that_it_is_right() {
    let (renewal, mut engine) = Renewal::begin().await;
    let stage = &renewal.stage;
    engine.events();
    renewal.renew(OTHER);
    stage.pass("10m").await;
    assert!(stage.changes().is_empty(), "{:?}", stage.changes());
    let reason = PauseReason::AccountChanged { from: ACCOUNT.into(), to: OTHER.into() };
    assert_eq!(engine.snapshot().paused.as_ref(), Some(&reason));
    assert_eq!(engine.snapshot().account.as_ref().unwrap().as_str(), OTHER);
    let told: Vec<_> = engine.events().into_iter().filter(|event| matches!(event, Event::Paused(_))).collect();
    assert_eq!(told, [Event::Paused(reason)]);
    assert_eq!(
        told[0].to_string(),
        "paused: the credentials belong to account 999999999999 now, and belonged to 123456789012 before; if \
         999999999999 is right, resume"
    );
    engine.tell(Command::Resume).await;
    engine.until_state("train", State::Ready).await;
    assert_eq!(stage.changes(), [ATTACHED, REBOOTED]);

    stage.sim.inject(Fault::error("RequestExpired"));
    stage.pass("1m").await;
    renewal.renew(OTHER);
    stage.pass("2m").await;
    assert_eq!(engine.snapshot().paused, None, "the new account is the right one now");
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn credentials_of_the_same_account_let_it_go_on_after_one_question() {
    let (renewal, mut engine) = Renewal::begin().await;
    let asked = renewal.stage.count("GetCallerIdentity");
    renewal.renew(ACCOUNT);
    engine.until_state("train", State::Ready).await;
    assert_eq!(renewal.stage.changes(), [ATTACHED, REBOOTED]);
    renewal.stage.pass("10m").await;
    assert_eq!(renewal.stage.count("GetCallerIdentity"), asked + 1);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_begins_before_sts_has_answered_and_an_sts_that_does_not_stops_nothing() {
    let (renewal, mut engine) = Renewal::begin().await;
    let stage = &renewal.stage;
    let asked = stage.count("GetCallerIdentity");
    stage.sim.clear_faults();
    stage.sim.inject(Fault::new(spotkeeper::sim::Effect::Hang).on("GetCallerIdentity"));
    stage.until("the question", || stage.count("GetCallerIdentity") > asked).await;
    stage.pass("3s").await;
    assert!(stage.changes().is_empty(), "{:?}", stage.changes());
    engine.until_state("train", State::Ready).await;
    assert_eq!(stage.changes(), [ATTACHED, REBOOTED]);
    assert_eq!((engine.snapshot().account.as_ref(), engine.snapshot().paused.as_ref()), (None, None));
    engine.stop().await;
}
