//! How many calls a second the embedded EC2 answers through the real SDK: in process, and over loopback.
#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has nothing to measure")]

use std::net::SocketAddr;

use aws_credential_types::Credentials;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::config::{BehaviorVersion, Builder, Region};
use divan::Bencher;
use divan::counter::ItemsCount;
use jiff::Timestamp;
use spotkeeper::clock::Clock;
use spotkeeper::sim::{self, Scenario, Sim};
use tokio::net::TcpListener;
use tokio::runtime::{Builder as RuntimeBuilder, Runtime};

/// One volume, and an EC2 that answers at once and as often as it is asked.
const WORLD: &str = "
    [knobs]
    throttling = false
    [timing]
    latency = '0s'
    [[volume]]
    id = 'vol-e123456f'
    zone = 'us-east-1b'
";

fn main() {
    divan::main();
}

fn runtime() -> Runtime {
    RuntimeBuilder::new_current_thread().enable_all().build().expect("a runtime")
}

fn world() -> Sim {
    let scenario = Scenario::parse(WORLD).expect("a scenario");
    Sim::new(&scenario, 1, Clock::starting_at(Timestamp::now(), 1.0)).expect("a world")
}

fn client(config: Builder) -> Client {
    let credentials = Credentials::new("bench", "bench", None, None, "bench");
    let config = config.behavior_version(BehaviorVersion::latest()).region(Region::new("us-east-1"));
    Client::from_conf(config.credentials_provider(credentials).build())
}

fn measure(bencher: Bencher<'_, '_>, runtime: &Runtime, client: &Client) {
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        let answer = runtime.block_on(client.describe_volumes().send()).expect("an answer");
        assert_eq!(answer.volumes().len(), 1);
    });
}

#[divan::bench(max_time = 5)]
fn in_process(bencher: Bencher<'_, '_>) {
    let runtime = runtime();
    // The clock is tokio's.
    let sim = runtime.block_on(async { world() });
    let client = client(aws_sdk_ec2::Config::builder().http_client(sim.http_client()));
    measure(bencher, &runtime, &client);
}

#[divan::bench(max_time = 5)]
fn over_loopback(bencher: Bencher<'_, '_>) {
    let address = serve();
    let runtime = runtime();
    let client = client(aws_sdk_ec2::Config::builder().endpoint_url(format!("http://{address}")));
    measure(bencher, &runtime, &client);
}

/// Serves a world in a thread of its own for as long as the benchmark runs.
fn serve() -> SocketAddr {
    let (sender, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        runtime().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            sender.send(listener.local_addr().expect("an address")).expect("somebody listens");
            sim::serve(world(), listener).await;
        });
    });
    address.recv().expect("a server")
}
