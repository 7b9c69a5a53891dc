"""Lives a spot machine's whole life on `spotkeeper sim`, through boto3 or aws-cli, and finds fault with the XML.

Usage: botocore_life.py boto3|aws-cli, with AWS_ENDPOINT_URL and credentials set to a fresh `sim --speed 0`; or
botocore_life.py survey, for any scenario at that speed: looks at everything again and again for an hour of its time.

Every reply is held against botocore's own model of the service, before botocore has parsed it: each element has to
be one that the model knows, each value one of its type. Time stands in the simulator; whoever waits puts it forward.
"""

import base64
import contextlib
import io
import json
import os
import re
import sys
import urllib.request
import xml.etree.ElementTree as ElementTree

import boto3
import botocore.exceptions
import botocore.session
from botocore import xform_name

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
ROOTS = {
    "ec2": "http://ec2.amazonaws.com/doc/2016-11-15/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
SCALARS = {
    "integer": re.compile(r"-?\d+"),
    "long": re.compile(r"-?\d+"),
    "float": re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?"),
    "double": re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?"),
    "boolean": re.compile(r"true|false"),
    "timestamp": INSTANT,
    "blob": re.compile(r"[A-Za-z0-9+/\s]*={0,2}\s*"),
}


class Validator:
    """Holds replies against the model as they arrive, and counts them."""

    def __init__(self):
        self.seen = {}
        self.faults = []

    def watch(self, session):
        for service in ROOTS:
            session.register(f"before-parse.{service}", self.check)

    def check(self, operation_model, response_dict, **_):
        name, status = operation_model.name, response_dict["status_code"]
        self.seen[name] = self.seen.get(name, 0) + 1
        service = operation_model.service_model.service_name
        if "x-amzn-requestid" not in response_dict["headers"]:
            self.fault(name, "there is no x-amzn-requestid")
        root = ElementTree.fromstring(response_dict["body"])
        if status >= 300:
            self.check_error(service, name, root)
            return
        expected = f"{{{ROOTS[service]}}}{name}Response"
        if root.tag != expected:
            self.fault(name, f"the root is {root.tag}, not {expected}")
        shape = operation_model.output_shape
        if service == "sts":
            self.once(name, root, [f"{name}Result", "ResponseMetadata"])
            self.structure(f"{name}Result", shape, root[0])
            return
        children = [child for child in root if local(child) != "requestId"]
        if len(children) + 1 != len(root):
            self.fault(name, "there is not one requestId")
        if shape is None:
            # The model drops it, and EC2 sends it.
            if [(local(child), child.text) for child in children] != [("return", "true")]:
                self.fault(name, f"{[local(child) for child in children]} is not the return of true")
            return
        self.members(name, shape, children)

    def check_error(self, service, name, root):
        if service == "sts":
            return
        if root.tag != "Response":
            self.fault(name, f"the root of an error is {root.tag}")
        self.once(name, root, ["Errors", "RequestID"])
        self.once(f"{name}/Errors", root[0], ["Error"])
        self.once(f"{name}/Errors/Error", root[0][0], ["Code", "Message"])

    def once(self, path, element, names):
        if [local(child) for child in element] != names:
            self.fault(path, f"{[local(child) for child in element]} are not {names}")

    def value(self, path, shape, element):
        if shape.type_name == "structure":
            self.structure(path, shape, element)
        elif shape.type_name == "list":
            self.blank(path, element)
            item = shape.member.serialization.get("name", "member")
            for child in element:
                if local(child) != item:
                    self.fault(path, f"{local(child)} is in the list, not {item}")
                self.value(f"{path}/{local(child)}", shape.member, child)
        elif shape.type_name == "map":
            self.fault(path, "EC2 has no maps")
        else:
            self.scalar(path, shape, element)

    def structure(self, path, shape, element):
        self.blank(path, element)
        self.members(path, shape, list(element))

    def members(self, path, shape, children):
        known = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        given = [local(child) for child in children]
        for name in {name for name in given if given.count(name) > 1}:
            self.fault(f"{path}/{name}", "is there twice")
        for child in children:
            name = local(child)
            if name in known:
                self.value(f"{path}/{name}", known[name], child)
            else:
                self.fault(f"{path}/{name}", f"{shape.name} has no such member")

    def scalar(self, path, shape, element):
        text = element.text or ""
        if len(element):
            self.fault(path, f"a {shape.type_name} has elements in it")
        form = SCALARS.get(shape.type_name)
        if form and not form.fullmatch(text):
            self.fault(path, f"{text!r} is no {shape.type_name}")
        if getattr(shape, "enum", None) and text not in shape.enum:
            self.fault(path, f"{text!r} is none of {shape.enum}")

    def blank(self, path, element):
        if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
            self.fault(path, "there is text between the elements")

    def fault(self, path, words):
        self.faults.append(f"{path}: {words}")


def check_the_checker(session):
    """What never finds fault proves nothing: a reply with three of them."""
    checker = Validator()
    model = session.get_service_model("ec2").operation_model("DescribeVolumes")
    volume = "<item><size>ten</size><status>lost</status><colour>blue</colour><volumeId>vol-0a</volumeId></item>"
    inside = f"<requestId>r</requestId><volumeSet>{volume}</volumeSet>"
    body = f'<DescribeVolumesResponse xmlns="{ROOTS["ec2"]}">{inside}</DescribeVolumesResponse>'
    checker.check(model, {"status_code": 200, "headers": {"x-amzn-requestid": "r"}, "body": body.encode()})
    assert len(checker.faults) == 3, checker.faults


def local(element):
    return element.tag.rpartition("}")[2]


class Refused(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Boto3:
    """The calls through boto3."""

    def __init__(self, validator):
        session = botocore.session.get_session()
        validator.watch(session)
        session = boto3.Session(botocore_session=session)
        self.clients = {service: session.client(service) for service in ROOTS}

    def call(self, operation, service, parameters):
        try:
            return getattr(self.clients[service], xform_name(operation))(**parameters)
        except botocore.exceptions.ClientError as error:
            raise Refused(error.response["Error"]["Code"]) from error


class AwsCli:
    """The calls through aws-cli, in this process: it would spend more time starting than calling."""

    def __init__(self, validator):
        from awscli.clidriver import create_clidriver

        os.environ["AWS_PAGER"] = ""
        self.create, self.validator = create_clidriver, validator
        self.drivers = {}

    def driver(self, operation):
        """One for each kind of call: what a call adds to its command line would be there for the others too."""
        if operation not in self.drivers:
            self.drivers[operation] = self.create()
            self.validator.watch(self.drivers[operation].session)
        return self.drivers[operation]

    def call(self, operation, service, parameters):
        arguments = [service, xform_name(operation, "-"), "--output", "json"]
        arguments += ["--cli-input-json", json.dumps(parameters)]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = self.driver(operation).main(arguments)
        if code == 0:
            return json.loads(out.getvalue() or "{}")
        refused = re.search(r"An error occurred \((\S+)\)", err.getvalue())
        assert refused, f"aws {arguments}: {code}, {err.getvalue()}"
        raise Refused(refused[1])


def control(method, path):
    request = urllib.request.Request(f"{ENDPOINT}/_spotkeeper/{path}", method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


class Life:
    def __init__(self, driver):
        self.driver = driver

    def call(self, operation, service="ec2", **parameters):
        return self.driver.call(operation, service, parameters)

    def refused(self, code, operation, **parameters):
        try:
            answer = self.call(operation, **parameters)
        except Refused as refused:
            assert refused.code == code, f"{operation}: {refused.code}, not {code}"
        else:
            raise AssertionError(f"{operation} was done, not refused with {code}: {answer}")

    def until(self, what, ask, step="2s"):
        """Looks again and again, a step of the world's time apart."""
        for _ in range(1000):
            answer = ask()
            if answer:
                return answer
            control("POST", f"advance?by={step}")
        raise AssertionError(f"waited in vain for {what}")

    def instance(self, instance):
        found = self.call("DescribeInstances", Filters=[{"Name": "instance-id", "Values": [instance]}])
        return found["Reservations"][0]["Instances"][0]

    def volume(self, volume):
        return self.call("DescribeVolumes", VolumeIds=[volume])["Volumes"][0]

    def request(self, request):
        filters = [{"Name": "spot-instance-request-id", "Values": [request]}]
        found = self.call("DescribeSpotInstanceRequests", Filters=filters)["SpotInstanceRequests"]
        return found[0] if found else None

    def fulfilled(self, request, other_than=None):
        """The instance of a fulfilled request, as soon as it runs."""

        def ask():
            found = self.request(request)
            if not found or found["Status"]["Code"] != "fulfilled" or found["InstanceId"] == other_than:
                return None
            return found["InstanceId"]

        instance = self.until(f"{request} to be fulfilled", ask, "10s")
        self.until(f"{instance} to run", lambda: self.instance(instance)["State"]["Name"] == "running")
        return instance

    def attach(self, volume, instance):
        reply = self.call("AttachVolume", VolumeId=volume, InstanceId=instance, Device="/dev/sdp")
        assert reply["State"] == "attaching", reply

        def attached():
            held = self.volume(volume)["Attachments"]
            return held and held[0]["State"] == "attached" and held[0]["InstanceId"] == instance

        self.until(f"{volume} to be attached to {instance}", attached)

    def free(self, volume):
        self.until(f"{volume} to be free", lambda: self.volume(volume)["State"] == "available", "5s")

    def live(self):
        account = self.call("GetCallerIdentity", "sts")["Account"]
        assert account == "123456789012", account
        zone, image = self.look_around()
        self.judge(zone)
        self.build(zone, image)
        volume = self.make_volume(zone)
        request = self.ask_for_a_machine(zone, image, volume)
        first = self.fulfilled(request)
        self.settle(volume, first)
        second = self.lose(request, volume, first)
        self.look_inside(second)
        self.end(request, volume, second)

    def look_around(self):
        zones = self.call("DescribeAvailabilityZones")["AvailabilityZones"]
        zone = zones[0]["ZoneName"]
        subnets = self.call("DescribeSubnets", Filters=[{"Name": "availability-zone", "Values": [zone]}])["Subnets"]
        assert subnets[0]["DefaultForAz"], subnets
        now = control("GET", "world")["now"]
        span = {"StartTime": now, "EndTime": now}
        prices = self.call("DescribeSpotPriceHistory", InstanceTypes=["m5.large"], AvailabilityZone=zone, **span)
        assert float(prices["SpotPriceHistory"][0]["SpotPrice"]) > 0, prices
        return zone, self.image()

    def image(self):
        intel = [{"Name": "architecture", "Values": ["x86_64"]}]
        return self.call("DescribeImages", Owners=["amazon"], Filters=intel)["Images"][0]["ImageId"]

    def make_volume(self, zone):
        tags = [{"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "home & <away>"}]}]
        made = self.call("CreateVolume", AvailabilityZone=zone, Size=20, VolumeType="gp3", TagSpecifications=tags)
        volume = made["VolumeId"]
        assert made["State"] == "creating", made
        self.free(volume)
        self.call("CreateTags", Resources=[volume], Tags=[{"Key": "owner", "Value": "life"}])
        found = self.call("DescribeTags", Filters=[{"Name": "resource-id", "Values": [volume]}])["Tags"]
        assert {tag["Key"]: tag["Value"] for tag in found} == {"Name": "home & <away>", "owner": "life"}, found
        return volume

    def judge(self, zone):
        """What says whether somebody can get in, and what fits together."""
        groups = self.call("DescribeSecurityGroups", GroupNames=["default"])["SecurityGroups"]
        assert groups[0]["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == groups[0]["GroupId"], groups
        regions = self.call("DescribeRegions", AllRegions=False)["Regions"]
        assert [region["RegionName"] for region in regions] == [zone[:-1]], regions
        networks = self.call("DescribeVpcs", Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
        assert [network["VpcId"] for network in networks] == [groups[0]["VpcId"]], networks
        self.refused("InvalidVpcID.NotFound", "DescribeVpcs", VpcIds=["vpc-0123456789abcdef0"])
        assert self.call("DescribeKeyPairs")["KeyPairs"] == []
        self.refused("InvalidKeyPair.NotFound", "DescribeKeyPairs", KeyNames=["laptop"])
        types = self.call("DescribeInstanceTypes", InstanceTypes=["m5.large", "m7g.large"])["InstanceTypes"]
        architectures = {kind["InstanceType"]: kind["ProcessorInfo"]["SupportedArchitectures"] for kind in types}
        assert architectures == {"m5.large": ["x86_64"], "m7g.large": ["arm64"]}, types
        here = [{"Name": "location", "Values": [zone]}, {"Name": "instance-type", "Values": ["m5.large"]}]
        offers = self.call("DescribeInstanceTypeOfferings", LocationType="availability-zone", Filters=here)
        assert len(offers["InstanceTypeOfferings"]) == 1, offers

    def build(self, zone, image):
        """A builder prepares a volume; an image is made of its root, and all of it goes again."""
        volume = self.make_volume(zone)
        settings = {"RUN": "3f1c9a2b7d5e4f60", "VOLUME": volume, "DEVICE": "/dev/sdp", "SIZE": "20", "FSTAB": "nofail"}
        script = "#!/bin/sh\n" + "".join(f"SPOTKEEPER_{name}='{value}'\n" for name, value in settings.items())
        tags = lambda *kinds: [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": "life"}]} for kind in kinds]
        run = {"ImageId": image, "InstanceType": "m5.large", "MinCount": 1, "MaxCount": 1, "UserData": script}
        run |= {"Placement": {"AvailabilityZone": zone}, "InstanceInitiatedShutdownBehavior": "stop"}
        builder = self.call("RunInstances", TagSpecifications=tags("instance", "volume"), **run)["Instances"][0]["InstanceId"]
        self.until("the builder to run", lambda: self.instance(builder)["State"]["Name"] == "running")
        self.attach(volume, builder)
        self.until("the builder to stop", lambda: self.instance(builder)["State"]["Name"] == "stopped", "30s")
        assert self.instance(builder)["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
        kept = self.call("DescribeInstanceAttribute", InstanceId=builder, Attribute="userData")["UserData"]["Value"]
        assert base64.b64decode(kept).decode() == script, kept
        output = self.call("GetConsoleOutput", InstanceId=builder, Latest=True)["Output"]
        assert f"spotkeeper-prepare {settings['RUN']} ok uuid=" in output, output
        self.picture(builder, volume, tags("image", "snapshot"))
        self.call("TerminateInstances", InstanceIds=[builder])
        self.until("the builder's end", lambda: self.instance(builder)["State"]["Name"] == "terminated", "5s")
        self.call("DeleteVolume", VolumeId=volume)

    def picture(self, builder, volume, tags):
        asked = {"InstanceId": builder, "Name": "life (1)", "TagSpecifications": tags}
        asked["BlockDeviceMappings"] = [{"DeviceName": "/dev/sdp", "NoDevice": ""}]
        self.refused("DryRunOperation", "CreateImage", DryRun=True, **asked)
        image = self.call("CreateImage", **asked)["ImageId"]
        self.refused("InvalidAMIName.Duplicate", "CreateImage", **asked)
        ready = lambda: self.call("DescribeImages", Owners=["self"])["Images"][0]["State"] == "available"
        self.until("the image", ready, "30s")
        mapped = self.call("DescribeImages", ImageIds=[image])["Images"][0]["BlockDeviceMappings"]
        assert len(mapped) == 1, mapped
        snapshot = mapped[0]["Ebs"]["SnapshotId"]
        self.refused("InvalidSnapshot.InUse", "DeleteSnapshot", SnapshotId=snapshot)
        other = self.call("CreateSnapshot", VolumeId=volume, Description="a copy of the home")["SnapshotId"]
        found = self.call("DescribeSnapshots", OwnerIds=["self"])["Snapshots"]
        assert {found["SnapshotId"] for found in found} == {snapshot, other}, found
        self.call("DeregisterImage", ImageId=image)
        for gone in [snapshot, other]:
            self.call("DeleteSnapshot", SnapshotId=gone)
        self.refused("InvalidAMIID.NotFound", "DescribeImages", ImageIds=[image])

    def ask_for_a_machine(self, zone, image, volume):
        specification = {"ImageId": image, "InstanceType": "m5.large", "Placement": {"AvailabilityZone": zone}}
        tags = [{"ResourceType": "spot-instances-request", "Tags": [{"Key": "Name", "Value": "life"}]}]
        asked = {"Type": "persistent", "LaunchSpecification": specification, "TagSpecifications": tags}
        self.refused("DryRunOperation", "RequestSpotInstances", DryRun=True, **asked)
        made = self.call("RequestSpotInstances", **asked)["SpotInstanceRequests"]
        assert len(made) == 1 and made[0]["State"] == "open", made
        return made[0]["SpotInstanceRequestId"]

    def settle(self, volume, instance):
        self.attach(volume, instance)
        self.refused("VolumeInUse", "AttachVolume", VolumeId=volume, InstanceId=instance, Device="/dev/sdq")
        control("POST", "advance?by=1m")
        boots = len(control("GET", "world")["guests"][instance]["boots"])
        self.call("RebootInstances", InstanceIds=[instance])
        rebooted = lambda: len(control("GET", "world")["guests"][instance]["boots"]) > boots
        self.until(f"{instance} to boot again", rebooted)
        described = self.instance(instance)
        assert described["InstanceLifecycle"] == "spot" and described["PublicIpAddress"], described
        self.until("the status checks", lambda: self.status(instance) == "ok", "15s")

    def status(self, instance):
        statuses = self.call("DescribeInstanceStatus", InstanceIds=[instance])["InstanceStatuses"]
        return statuses and statuses[0]["InstanceStatus"]["Status"]

    def lose(self, request, volume, instance):
        control("POST", f"interrupt/{instance}")
        noticed = self.request(request)
        assert noticed["State"] == "open", noticed
        assert noticed["Status"]["Code"] == "instance-terminated-no-capacity", noticed
        assert self.instance(instance)["State"]["Name"] == "running", "the notice is two minutes"
        replacement = self.fulfilled(request, other_than=instance)
        self.free(volume)
        self.attach(volume, replacement)
        return replacement

    def look_inside(self, instance):
        ask = {"InstanceId": instance, "Attribute": "blockDeviceMapping"}
        devices = self.call("DescribeInstanceAttribute", **ask)["BlockDeviceMappings"]
        home = next(device for device in devices if device["DeviceName"] == "/dev/sdp")
        assert home["Ebs"]["DeleteOnTermination"] is False, home
        keep = [{"DeviceName": "/dev/sdp", "Ebs": {"DeleteOnTermination": True}}]
        self.call("ModifyInstanceAttribute", InstanceId=instance, BlockDeviceMappings=keep)
        keep[0]["Ebs"]["DeleteOnTermination"] = False
        self.call("ModifyInstanceAttribute", InstanceId=instance, BlockDeviceMappings=keep)
        control("POST", "advance?by=5m")
        assert self.call("GetConsoleOutput", InstanceId=instance)["InstanceId"] == instance

    def end(self, request, volume, instance):
        reply = self.call("DetachVolume", VolumeId=volume, InstanceId=instance)
        assert reply["State"] == "detaching", reply
        self.free(volume)
        self.refused("IncorrectState", "DetachVolume", VolumeId=volume)
        ended = self.call("CancelSpotInstanceRequests", SpotInstanceRequestIds=[request])
        assert ended["CancelledSpotInstanceRequests"][0]["State"] == "cancelled", ended
        assert self.request(request)["Status"]["Code"] == "request-canceled-and-instance-running"
        ended = self.call("TerminateInstances", InstanceIds=[instance])["TerminatingInstances"]
        assert ended[0]["CurrentState"]["Name"] == "shutting-down", ended
        self.until("the end", lambda: self.instance(instance)["State"]["Name"] == "terminated", "5s")
        self.call("DeleteTags", Resources=[volume], Tags=[{"Key": "owner"}])
        self.call("DeleteVolume", VolumeId=volume)
        self.until("the volume to be gone", lambda: not self.all_volumes(volume))
        self.stand_alone()
        self.mistakes(volume)

    def all_volumes(self, volume):
        return self.call("DescribeVolumes", Filters=[{"Name": "volume-id", "Values": [volume]}])["Volumes"]

    def stand_alone(self):
        """An instance on demand, which can be stopped and started."""
        run = self.call("RunInstances", ImageId=self.image(), InstanceType="m5.large", MinCount=1, MaxCount=1)
        instance = run["Instances"][0]["InstanceId"]
        state = lambda: self.instance(instance)["State"]["Name"]
        self.until("it to run", lambda: state() == "running")
        self.call("StopInstances", InstanceIds=[instance])
        self.until("it to stop", lambda: state() == "stopped", "5s")
        statuses = self.call("DescribeInstanceStatus", InstanceIds=[instance], IncludeAllInstances=True)
        assert statuses["InstanceStatuses"][0]["InstanceStatus"]["Status"] == "not-applicable", statuses
        self.call("StartInstances", InstanceIds=[instance])
        self.until("it to run again", lambda: state() == "running")
        self.call("TerminateInstances", InstanceIds=[instance])

    def mistakes(self, volume):
        self.refused("InvalidVolume.NotFound", "DescribeVolumes", VolumeIds=[volume])
        self.refused("InvalidInstanceID.NotFound", "DescribeInstances", InstanceIds=["i-0123456789abcdef0"])
        self.refused("InvalidParameterValue", "DescribeVolumes", Filters=[{"Name": "colour", "Values": ["blue"]}])
        self.refused("InvalidAction", "DescribeNetworkInterfaces")


SURVEYED = [
    "DescribeImages",
    "DescribeInstanceTypeOfferings",
    "DescribeInstanceTypes",
    "DescribeKeyPairs",
    "DescribeRegions",
    "DescribeSecurityGroups",
    "DescribeSnapshots",
    "DescribeSpotInstanceRequests",
    "DescribeTags",
    "DescribeVolumes",
    "DescribeVpcs",
]


def survey(driver):
    """Looks at everything there is, for an hour of the world's time."""
    life = Life(driver)
    for _ in range(120):
        instances = [
            instance["InstanceId"]
            for reservation in life.call("DescribeInstances")["Reservations"]
            for instance in reservation["Instances"]
        ]
        for operation in SURVEYED:
            life.call(operation)
        life.call("DescribeInstanceStatus", IncludeAllInstances=True)
        for instance in instances:
            life.call("GetConsoleOutput", InstanceId=instance)
        control("POST", "advance?by=30s")


def main():
    check_the_checker(botocore.session.get_session())
    validator = Validator()
    try:
        match sys.argv[1]:
            case "boto3":
                Life(Boto3(validator)).live()
            case "aws-cli":
                Life(AwsCli(validator)).live()
            case "survey":
                survey(Boto3(validator))
    finally:
        print(f"{sum(validator.seen.values())} replies to {len(validator.seen)} kinds of calls: {validator.seen}")
        for fault in sorted(set(validator.faults)):
            print(f"not in the model: {fault}")
    sys.exit(1 if validator.faults else 0)


main()
