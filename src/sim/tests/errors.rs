//! Every error that EC2 documents, or was seen to answer, for the calls that are served here, row by row: reached, or the
//! reason why not. Source: Amazon EC2 API reference, "Error codes"; messages as users of EC2 published them.

use super::super::{Delivery, Fault, Policy, Scenario, Sim, StoppedBy};
use super::bench::{Bench, TIMING};
use super::calls::ZOO;
use crate::clock::Clock;

/// What else than the zoo has there has to be.
const MORE: &str = "
    [[volume]]
    id = 'vol-00000005'
    zone = 'us-east-1a'
    marketplace = true
    [[volume]]
    id = 'vol-00000006'
    zone = 'us-east-1a'
    multi_attach = true
    [[request]]
    id = 'sir-onetime1'
    kind = 'one-time'
    zone = 'us-east-1a'
    [request.instance]
    id = 'i-00000011'
    [[request]]
    id = 'sir-stopped1'
    behavior = 'stop'
    zone = 'us-east-1a'
    capacity = 'capacity-not-available'
    [request.instance]
    id = 'i-00000012'
    state = 'stopped'
";

/// How a row comes about.
enum Way {
    /// By the call alone.
    Call(&'static str),
    /// By a fault that answers any call so: it is not a matter of what the call says.
    Fault,
    /// Not at all, and why.
    Never(&'static str),
}
use Way::{Call, Never};

/// What is known of a message.
enum Words {
    /// All of it, as a real EC2 was seen to say it.
    Observed(&'static str),
    /// All of it, as it is documented or as it is worded here.
    Whole(&'static str),
    /// This much is in it.
    Part(&'static str),
}
use Words::{Observed, Part, Whole};

/// A row: the code, the status, what the message says, and the way there.
type Error = (&'static str, u16, Words, Way);

const ATTACHING: &[Error] = &[
    (
        "IncorrectState",
        400,
        Observed("Instance 'i-00000003' is not 'running'."),
        Call("AttachVolume vol-00000001 i-00000003"),
    ),
    (
        "IncorrectState",
        400,
        Observed("Instance 'i-00000004' is not 'running'."),
        Call("AttachVolume vol-00000001 i-00000004"),
    ),
    (
        "IncorrectState",
        400,
        Observed("Instance 'i-00000005' is not 'running'."),
        Call("AttachVolume vol-00000001 i-00000005"),
    ),
    (
        "IncorrectInstanceState",
        400,
        Observed(
            "Cannot attach volume 'vol-00000005' with Marketplace codes as the instance 'i-00000001' is not in the 'stopped' state.",
        ),
        Call("AttachVolume vol-00000005 i-00000001"),
    ),
    ("IncorrectState", 400, Part("creating"), Call("AttachVolume vol-00000003 i-00000001")),
    (
        "VolumeInUse",
        400,
        Observed("vol-00000004 is already attached to an instance"),
        Call("AttachVolume vol-00000004 i-00000002"),
    ),
    (
        "InvalidVolume.ZoneMismatch",
        400,
        Observed("The volume 'vol-00000002' is not in the same availability zone as instance 'i-00000001'"),
        Call("AttachVolume vol-00000002 i-00000001"),
    ),
    (
        "InvalidVolume.NotFound",
        400,
        Whole("The volume 'vol-00000009' does not exist."),
        Call("AttachVolume vol-00000009 i-00000001"),
    ),
    (
        "InvalidInstanceID.NotFound",
        400,
        Whole("The instance ID 'i-00000009' does not exist"),
        Call("AttachVolume vol-00000001 i-00000009"),
    ),
    (
        "InvalidInstanceID.NotFound",
        400,
        Whole("The instance IDs 'i-00000008, i-00000009' do not exist"),
        Call("Action=RebootInstances&InstanceId.1=i-00000008&InstanceId.2=i-00000001&InstanceId.3=i-00000009"),
    ),
    ("InvalidInstanceID.Malformed", 400, Part("Invalid id: \"i-x\""), Call("AttachVolume vol-00000001 i-x")),
    ("InvalidParameterValue", 400, Part("Invalid id: \"vol-x\""), Call("AttachVolume vol-x i-00000001")),
    (
        "InvalidParameterValue",
        400,
        Observed("Invalid value '/dev/sdf' for unixDevice. Attachment point /dev/sdf is already in use"),
        Call("AttachVolume vol-00000001 i-00000001 /dev/sdf"),
    ),
    ("AttachmentLimitExceeded", 400, Part("limit"), Call("AttachVolume vol-00000001 i-00000001 limited")),
    (
        "UnauthorizedOperation",
        403,
        Part("You are not authorized to perform this operation."),
        Call("AttachVolume vol-00000001 i-00000001 forbidden"),
    ),
    ("RequestLimitExceeded", 503, Part("Request limit exceeded."), Call("AttachVolume vol-00000009 i-00000001 often")),
    (
        "DryRunOperation",
        412,
        Whole("Request would have succeeded, but DryRun flag is set."),
        Call("Action=AttachVolume&VolumeId=vol-00000001&InstanceId=i-00000001&Device=/dev/sdp&DryRun=true"),
    ),
    ("AuthFailure", 401, Part(""), Way::Fault),
    ("RequestExpired", 400, Part(""), Way::Fault),
    ("InternalError", 500, Part(""), Way::Fault),
    ("Unavailable", 503, Part(""), Way::Fault),
    ("ServiceUnavailable", 503, Part(""), Way::Fault),
    (
        "IdempotentParameterMismatch",
        400,
        Part(""),
        Call("Action=CreateVolume&AvailabilityZone=us-east-1a&Size=2&ClientToken=t"),
    ),
    (
        "DependencyViolation",
        400,
        Part(""),
        Never("no call here deletes what others depend on: groups and subnets stay"),
    ),
    (
        "VolumeInUse",
        400,
        Observed("Volume vol-00000004 is currently attached to i-00000001"),
        Call("Action=DeleteVolume&VolumeId=vol-00000004"),
    ),
];

const DETACHING: &[Error] = &[
    (
        "IncorrectState",
        400,
        Observed("Volume 'vol-00000001' is in the 'available' state."),
        Call("Action=DetachVolume&VolumeId=vol-00000001"),
    ),
    (
        "InvalidAttachment.NotFound",
        400,
        Part(""),
        Call("Action=DetachVolume&VolumeId=vol-00000004&InstanceId=i-00000002"),
    ),
    ("MissingParameter", 400, Part("InstanceId"), Call("Action=DetachVolume&VolumeId=vol-00000006")),
    ("OperationNotPermitted", 400, Part("root volume"), Call("Action=DetachVolume&VolumeId=ROOT")),
    ("InvalidVolume.NotFound", 400, Part(""), Call("Action=DetachVolume&VolumeId=vol-00000009")),
    ("UnsupportedOperationException", 400, Part(""), Never("no service of AWS manages anything here")),
];

const OTHERS: &[Error] = &[
    (
        "InvalidParameterCombination",
        400,
        Whole("The parameter instancesSet cannot be used with the parameter maxResults"),
        Call("Action=DescribeInstances&InstanceId.1=i-00000001&MaxResults=5"),
    ),
    (
        "InvalidSpotInstanceRequestID.NotFound",
        400,
        Part("sir-aaaaaaaa, sir-bbbbbbbb"),
        Call(
            "Action=CancelSpotInstanceRequests&SpotInstanceRequestId.1=sir-aaaaaaaa&SpotInstanceRequestId.2=sir-bbbbbbbb",
        ),
    ),
    (
        "InvalidParameterCombination",
        400,
        Whole("The request with type 'one-time' is not supported when instanceInterruptionBehavior is set to 'stop'."),
        Call("Action=RequestSpotInstances&SPEC&Type=one-time&InstanceInterruptionBehavior=stop"),
    ),
    (
        "InvalidParameterCombination",
        400,
        Whole("The request with type 'null' is not supported when instanceInterruptionBehavior is set to 'stop'."),
        Call("Action=RequestSpotInstances&SPEC&InstanceInterruptionBehavior=stop"),
    ),
    ("InvalidTime", 400, Part(""), Call("Action=RequestSpotInstances&SPEC&ValidFrom=2026-01-01T00:00:00Z")),
    ("InvalidTime", 400, Part(""), Call("Action=RequestSpotInstances&SPEC&ValidUntil=2025-01-01T00:00:00Z")),
    ("InvalidParameterValue", 400, Part(""), Call("Action=RequestSpotInstances&SPEC&SpotPrice=cheap")),
    (
        "InvalidParameterValue",
        400,
        Whole("'instance' is not a valid taggable resource type for this operation."),
        Call(
            "Action=RequestSpotInstances&SPEC&TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=a",
        ),
    ),
    (
        "InvalidSubnetID.NotFound",
        400,
        Part(""),
        Call("Action=RequestSpotInstances&SPEC&LaunchSpecification.SubnetId=subnet-00000001"),
    ),
    (
        "MaxSpotInstanceCountExceeded",
        400,
        Part("Max spot instance count exceeded"),
        Call("Action=RequestSpotInstances&SPEC&InstanceCount=99"),
    ),
    (
        "UnsupportedOperation",
        400,
        Whole(
            "You can't stop the Spot Instance 'i-00000011' because it is associated with a one-time Spot Instance request. \
         You can only stop Spot Instances associated with persistent Spot Instance requests.",
        ),
        Call("Action=StopInstances&InstanceId.1=i-00000011"),
    ),
    (
        "UnsupportedOperation",
        400,
        Part("i-00000011"),
        Call("Action=StopInstances&InstanceId.1=i-00000001&InstanceId.2=i-00000011"),
    ),
    (
        "IncorrectSpotRequestState",
        400,
        Part("i-00000012"),
        Call("Action=StartInstances&InstanceId.1=i-00000012 cancelled"),
    ),
    (
        "IncorrectSpotRequestState",
        400,
        Part("sir-stopped1"),
        Call(
            "Action=CancelSpotInstanceRequests&SpotInstanceRequestId.1=sir-onetime1&SpotInstanceRequestId.2=sir-stopped1 cancelled",
        ),
    ),
    (
        "IncorrectSpotRequestState",
        400,
        Whole("Only Amazon EC2 can restart an interrupted stopped Spot Instance."),
        Call("Action=StartInstances&InstanceId.1=i-00000012"),
    ),
    ("IncorrectInstanceState", 400, Part(""), Call("Action=StartInstances&InstanceId.1=i-00000005")),
    ("IncorrectInstanceState", 400, Part(""), Call("Action=StopInstances&InstanceId.1=i-00000003")),
    (
        "InvalidAMIID.NotFound",
        400,
        Part(""),
        Call("Action=RunInstances&ImageId=ami-0123456789abcdef0&InstanceType=m5.large&MinCount=1&MaxCount=1"),
    ),
    (
        "InvalidAMIID.Malformed",
        400,
        Part(""),
        Call("Action=RunInstances&ImageId=1&InstanceType=m5.large&MinCount=1&MaxCount=1"),
    ),
    (
        "InvalidZone.NotFound",
        400,
        Part("The zone 'us-east-1z' does not exist."),
        Call("Action=CreateVolume&AvailabilityZone=us-east-1z&Size=1"),
    ),
    ("UnknownVolumeType", 400, Part(""), Call("Action=CreateVolume&AvailabilityZone=us-east-1a&Size=1&VolumeType=gp9")),
    ("InvalidParameterValue", 400, Part("too small"), Call("Action=CreateVolume&AvailabilityZone=us-east-1a&Size=0")),
    (
        "InvalidSnapshot.NotFound",
        400,
        Part(""),
        Call("Action=CreateVolume&AvailabilityZone=us-east-1a&SnapshotId=snap-00000001"),
    ),
    ("InvalidID", 400, Part("The ID 'thing' is not valid"), Call("Action=CreateTags&ResourceId.1=thing&Tag.1.Key=a")),
    (
        "InvalidParameterValue",
        400,
        Part("reserved"),
        Call("Action=CreateTags&ResourceId.1=vol-00000001&Tag.1.Key=aws:a"),
    ),
    (
        "InvalidInstanceAttributeValue",
        400,
        Whole("No device is currently mapped at /dev/sdz"),
        Call(
            "Action=ModifyInstanceAttribute&InstanceId=i-00000001&BlockDeviceMapping.1.DeviceName=/dev/sdz&BlockDeviceMapping.1.Ebs.DeleteOnTermination=true",
        ),
    ),
    (
        "InvalidParameterValue",
        400,
        Part("Unknown attribute"),
        Call("Action=DescribeInstanceAttribute&InstanceId=i-00000001&Attribute=x"),
    ),
    ("MissingParameter", 400, Part("Attribute"), Call("Action=DescribeInstanceAttribute&InstanceId=i-00000001")),
    (
        "InvalidParameterValue",
        400,
        Part("The filter 'colour' is invalid"),
        Call("Action=DescribeVolumes&Filter.1.Name=colour"),
    ),
    (
        "InvalidAction",
        400,
        Whole("The action DescribeDreams is not valid for this web service."),
        Call("Action=DescribeDreams&Version=2016-11-15"),
    ),
    (
        "NoSuchVersion",
        400,
        Whole("The requested version (2010-03-31) of service AmazonEC2 does not exist"),
        Call("Action=CreateTags&Version=2010-03-31"),
    ),
];

/// A world in which all of this can happen.
fn world() -> Bench {
    let clock = Clock::starting_at("2026-01-01T00:00:00Z".parse().unwrap(), 1.0);
    let scenario = Scenario::parse(&format!("{TIMING}\n[knobs]\nspot_limit = 50\n{ZOO}\n{MORE}")).unwrap();
    let sim = Sim::new(&scenario, 1, clock.clone()).unwrap();
    let ec2 = super::bench::client(&sim, aws_smithy_types::retry::RetryConfig::disabled());
    Bench { sim, clock, ec2 }
}

/// Status, code and message of the answer.
fn answer(bench: &Bench, query: &str) -> (u16, String, String) {
    let Delivery::Reply(reply) = bench.sim.serve(query, b"").delivery else { panic!("{query}: no reply") };
    let part = |name: &str| {
        let rest = reply.body.split_once(&format!("<{name}>")).map_or("", |(_, rest)| rest);
        rest.split_once('<').map_or("", |(text, _)| text).replace("&quot;", "\"")
    };
    (reply.status, part("Code"), part("Message"))
}

/// Prepares the world for a call, and writes the call out.
fn prepare(bench: &Bench, call: &str) -> String {
    let image = bench.sim.with_world(|world| world.usual_launch("m5.large").image);
    let spec = format!("LaunchSpecification.ImageId={image}&LaunchSpecification.InstanceType=m5.large");
    if call.contains("ClientToken") {
        answer(bench, "Action=CreateVolume&AvailabilityZone=us-east-1a&Size=1&ClientToken=t");
    }
    // As if its owner had stopped it, and cancelled its request then.
    if call.ends_with("cancelled") {
        bench.sim.with_world(|world| {
            let stopped = world.records_mut().instances.get_mut(&super::bench::instance("i-00000012")).unwrap();
            stopped.stopped_by = Some(StoppedBy::User);
        });
        bench.sim.cancel(&super::bench::sir("sir-stopped1")).unwrap();
    }
    if call.contains("vol-00000006") {
        for holder in ["i-00000001", "i-00000002"] {
            answer(bench, &format!("Action=AttachVolume&VolumeId=vol-00000006&InstanceId={holder}&Device=/dev/sdm"));
        }
    }
    if call.ends_with("limited") {
        bench.sim.with_world(|world| world.knobs.attachment_limit = 2);
    }
    if call.ends_with("forbidden") {
        let policy = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}]}"#;
        bench.sim.restrict_to(Some(Policy::parse(policy).unwrap()));
    }
    let root = bench.sim.with_world(|world| {
        let holder = super::bench::instance("i-00000001");
        let mut held = world.records().attached_to(&holder);
        held.find(|(_, held)| held.device == "/dev/sda1").map(|(volume, _)| volume.id.to_string())
    });
    let Some(rest) = call.strip_prefix("AttachVolume ") else {
        return call.trim_end_matches(" cancelled").replace("SPEC", &spec).replace("ROOT", &root.unwrap());
    };
    let words: Vec<&str> = rest.split(' ').collect();
    let device = words.get(2).filter(|word| word.starts_with('/')).unwrap_or(&"/dev/sdp");
    let query = format!("Action=AttachVolume&VolumeId={}&InstanceId={}&Device={device}", words[0], words[1]);
    if call.ends_with("often") {
        for _ in 0..50 {
            answer(bench, &query);
        }
    }
    query
}

#[tokio::test(start_paused = true)]
async fn every_documented_error_is_reached_with_its_status_and_words_or_has_a_reason_why_not() {
    for (code, status, message, way) in ATTACHING.iter().chain(DETACHING).chain(OTHERS) {
        let bench = world();
        let call = match way {
            Call(call) => prepare(&bench, call),
            Way::Fault => {
                bench.sim.inject(Fault::error(code));
                "Action=DescribeVolumes&Version=2016-11-15".to_owned()
            }
            Never(reason) => {
                assert!(!reason.is_empty());
                continue;
            }
        };
        let (got_status, got_code, got_message) = answer(&bench, &call);
        assert_eq!((got_status, got_code.as_str()), (*status, *code), "{call}: {got_message}");
        let (fits, expected) = match message {
            Observed(all) | Whole(all) => (got_message == *all, all),
            Part(part) => (got_message.contains(part), part),
        };
        assert!(fits, "{call}: {got_message}, and not {expected}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_changes_nothing() {
    for (_, _, _, way) in ATTACHING.iter().chain(DETACHING).chain(OTHERS) {
        let Call(call) = way else { continue };
        let bench = world();
        let call = prepare(&bench, call);
        let before = bench.sim.with_world(|world| format!("{:?}", world.records()));
        answer(&bench, &call);
        assert_eq!(bench.sim.with_world(|world| format!("{:?}", world.records())), before, "{call}");
    }
}
