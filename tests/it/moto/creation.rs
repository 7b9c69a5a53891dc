//! A machine made from nothing in moto's EC2, as far as moto goes.
//!
//! moto has no guests: nothing runs the builder's user data, powers off, or writes on a console. So the proxy before it
//! stands in for the guest, and says so: when the home is attached it stops the builder, as `poweroff` does, and it answers
//! GetConsoleOutput with the verdict of the prepare script for the run that it has seen in the tags. What moto does at once
//! and EC2 does not (volumes, instances, images and requests are ready in the very reply) is waited for on the embedded EC2.
//! moto fulfils a spot request at once, forgets it when it is cancelled, and has not implemented tags for the snapshot of an
//! image, which are taken out of the call; so undoing is played on the embedded EC2 alone.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Bytes;
use hyper::{Request, Response, header};

use super::world::read_json;
use crate::support::binary::Place;
use crate::support::moto::Moto;
use crate::support::proxy::{Proxy, Reply, server_at};

/// An image to begin with, and the ids of zone and subnet.
const BEGIN: &str = r#"
import boto3, json
ec2 = boto3.client("ec2")
image = ec2.register_image(Name="begin", Architecture="x86_64", RootDeviceName="/dev/sda1")["ImageId"]
subnet = ec2.describe_subnets(Filters=[{"Name": "availability-zone", "Values": ["us-east-1b"]}])["Subnets"][0]
ec2.create_key_pair(KeyName="me")
print(json.dumps({"image": image, "subnet": subnet["SubnetId"]}))
"#;

/// What another client than ours sees in the end.
const END: &str = r#"
import boto3, json
ec2 = boto3.client("ec2")
volumes = ec2.describe_volumes(Filters=[{"Name": "tag-key", "Values": ["spotkeeper:create"]}])["Volumes"]
request = ec2.describe_spot_instance_requests()["SpotInstanceRequests"][0]
images = ec2.describe_images(Owners=["self"], Filters=[{"Name": "name", "Values": ["spotkeeper/*"]}])["Images"]
builders = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": ["train builder"]}])["Reservations"]
print(json.dumps({
    "home": [[v["Size"], v["AvailabilityZone"], v["State"]] for v in volumes if v["Size"] == 20],
    "type": request["Type"],
    "image": [request["LaunchSpecification"]["ImageId"], images[0]["ImageId"]],
    "tags": [tag["Key"] for tag in request["Tags"]],
    "builder": [r["Instances"][0]["State"]["Name"] for r in builders],
}))
"#;

/// What stands in for the guest knows.
#[derive(Clone, Default)]
struct Guest {
    run: Arc<Mutex<String>>,
    /// What it wrote on its console, once it had its home.
    said: Arc<Mutex<String>>,
}

fn get(shared: &Mutex<String>) -> String {
    shared.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn set(shared: &Mutex<String>, text: String) {
    *shared.lock().unwrap_or_else(PoisonError::into_inner) = text;
}

impl Guest {
    /// It has its home, and prepares it.
    fn prepare(&self) {
        let verdict = "ok uuid=12a3456b-7890-43de-b855-62b2bce28cd9 files=3 bytes=4096";
        set(&self.said, format!("spotkeeper-prepare {} {verdict}\n", get(&self.run)));
    }

    fn console(&self) -> Response<Bytes> {
        let said = get(&self.said);
        let body = format!(
            "<GetConsoleOutputResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>guest</requestId>\
             <output>{}</output></GetConsoleOutputResponse>",
            STANDARD.encode(said)
        );
        Response::new(Bytes::from(body))
    }
}

/// The value of a field of a form.
fn field(form: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(form).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn is_dry_run(form: &[u8]) -> bool {
    field(form, "DryRun").as_deref() == Some("true")
}

/// The form without the fields that begin so.
fn without(form: &[u8], prefix: &str) -> String {
    let kept = form_urlencoded::parse(form).filter(|(key, _)| !key.starts_with(prefix));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish()
}

/// The same request with another form.
fn with_form(request: &Request<Bytes>, form: &str) -> Request<Bytes> {
    let mut other = Request::builder().method(request.method()).uri(request.uri());
    for (name, value) in request.headers() {
        if name != header::CONTENT_LENGTH {
            other = other.header(name, value);
        }
    }
    other.body(Bytes::from(form.to_owned())).expect("the parts are of a request")
}

async fn answer(guest: Guest, address: std::net::SocketAddr, request: Request<Bytes>) -> Reply {
    let moto = server_at(address);
    let form = request.body().clone();
    if is_dry_run(&form) {
        // Nothing comes of it that a guest could notice.
        return moto(with_form(&request, &without(&form, "TagSpecification.2."))).await;
    }
    match field(&form, "Action").as_deref() {
        Some("GetConsoleOutput") => return Ok(guest.console()),
        Some("CreateVolume") => {
            set(&guest.run, field(&form, "TagSpecification.1.Tag.1.Value").unwrap_or_default());
        }
        // moto has not implemented it: the snapshot of an image gets no tags there.
        Some("CreateImage") => return moto(with_form(&request, &without(&form, "TagSpecification.2."))).await,
        Some("AttachVolume") => {
            let instance = field(&form, "InstanceId").unwrap_or_default();
            let stop = with_form(&request, &format!("Action=StopInstances&Version=2016-11-15&InstanceId.1={instance}"));
            let reply = moto(request).await?;
            guest.prepare();
            moto(stop).await?;
            return Ok(reply);
        }
        _ => {}
    }
    moto(request).await
}

#[test]
fn a_machine_is_made_up_to_its_request_and_its_configuration() {
    let moto = Moto::start();
    let begin = read_json(&moto.python(BEGIN));
    let (guest, address) = (Guest::default(), moto.address());
    let proxy = Proxy::start(move |request| answer(guest.clone(), address, request));
    let place = Place::new(&proxy.url());
    let [image, subnet] = ["image", "subnet"].map(|of| begin[of].as_str().unwrap());
    let arguments =
        ["create", "train", "--yes", "--json", "--instance-type", "m5.large", "--size", "20", "--key-name", "me"];
    let outcome = place.run(&[&arguments[..], &["--image", image, "--subnet", subnet, "--max-price", "0.05"]].concat());
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let report = read_json(&outcome.stdout);
    let config = std::fs::read_to_string(place.config_file()).unwrap();
    assert!(config.contains(report["spot_request"].as_str().unwrap()), "{config}");

    let end = read_json(&moto.python(END));
    assert_eq!(end["home"], serde_json::json!([[20, "us-east-1b", "available"]]));
    assert_eq!((end["type"].as_str(), &end["image"][0]), (Some("persistent"), &end["image"][1]));
    assert!(end["tags"].as_array().unwrap().contains(&"spotkeeper:create".into()), "{end}");
    assert_eq!(end["builder"], serde_json::json!(["terminated"]));
    let made: Vec<_> = proxy.mutating_calls().into_iter().map(|call| call.action).collect();
    let expected = [
        "CreateVolume",
        "RunInstances",
        "AttachVolume",
        "DetachVolume",
        "CreateImage",
        "TerminateInstances",
        "RequestSpotInstances",
    ];
    assert_eq!(made, expected);
    // moto answers an unknown filter or operation with 500.
    let calls = proxy.calls();
    let (tried, called): (Vec<_>, Vec<_>) = calls.iter().partition(|call| call.field("DryRun") == "true");
    let refused: Vec<_> = called.into_iter().filter(|call| call.status != Some(200)).collect();
    assert!(refused.is_empty(), "{refused:?}");
    // What is imagined moto does not know, and says so where EC2 perhaps says that it may.
    assert!(tried.iter().all(|call| matches!(call.status, Some(400 | 412))), "{tried:?}");
    assert_eq!(tried.len(), 8, "each call, and the console, once: {tried:?}");
}
