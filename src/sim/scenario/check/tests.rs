//! Every value that says nothing, and every contradiction, is refused with its line.

use super::super::Scenario;

/// A volume, and a request with an instance that has it: eleven lines.
const WORLD: &str = r#"[[volume]]
id = "vol-e123456f"
zone = "us-east-1b"
[[request]]
id = "sir-y1a23b4c"
zone = "us-east-1b"
homes = ["vol-e123456f"]
[request.instance]
id = "i-0ab12cd34ef56ab78"
attached = [{ volume = "vol-e123456f", device = "/dev/sdp" }]
"#;

const FAULT: &str = "[[fault]]\nerror = 'X'\n";

fn refused(scenario: &str) -> String {
    match Scenario::parse(scenario) {
        Ok(_) => panic!("taken: {scenario}"),
        Err(error) => error.to_string(),
    }
}

/// Refused with the line and the words.
fn refuses(scenario: &str, line: usize, words: &str) {
    let refused = refused(scenario);
    assert!(refused.contains(words), "no {words:?} in {refused}\n{scenario}");
    assert!(refused.contains(&format!("line {line}")), "not line {line}: {refused}\n{scenario}");
}

/// The world with one thing in it replaced.
fn but(old: &str, new: &str) -> String {
    assert!(WORLD.contains(old), "{old}");
    WORLD.replacen(old, new, 1)
}

#[test]
fn a_misspelt_value_is_refused_with_its_line_and_what_can_be_said() {
    let request = |more: &str| but("homes =", &format!("{more}\nhomes ="));
    for (scenario, line, words) in [
        (request("kind = 'persistant'"), 7, "one-time, persistent"),
        (request("behavior = 'stopp'"), 7, "terminate, stop, hibernate"),
        (request("capacity = 'capacity-not-availabel'"), 7, "available, capacity-not-available, price-too-low"),
        (request("instance_type = 'foo'"), 7, "such as g5.xlarge"),
        (request("hidden_devices = ['foo']"), 7, "/dev/sd"),
        (
            but("zone = \"us-east-1b\"\n[[", "zone = \"us-east-1b\"\nstate = 'availabel'\n[["),
            4,
            "creating, available, in-use",
        ),
        (but("zone = \"us-east-1b\"\n[[", "zone = \"us-east-1b\"\nsize = 0\n[["), 4, "1 at least"),
        (but("zone = \"us-east-1b\"\n[[", "zone = \"us-east-1b\"\nkey = 'foo'\n[["), 4, "no ARN"),
        (but("attached =", "state = 'runing'\nattached ="), 10, "pending, running"),
        (but("\"/dev/sdp\"", "\"foo\""), 10, "/dev/sd"),
        (but("\"/dev/sdp\"", "\"/dev/sda1\""), 10, "/dev/sd"),
        (but("\"/dev/sdp\"", "\"/dev/sdp\", state = 'atached'"), 10, "attaching, attached"),
        ("images = ['foo']".to_owned(), 1, "an image id is ami-"),
        ("[[image]]\nid = 'foo'".to_owned(), 2, "an image id is ami-"),
        ("[[image]]\nid = 'ami-12abcd34'\narchitecture = 'vax'".to_owned(), 3, "x86_64, arm64"),
        ("[[image]]\nid = 'ami-12abcd34'\nstate = 'availabel'".to_owned(), 3, "pending, available"),
        ("[[image]]\nid = 'ami-12abcd34'\nroot_size = 0".to_owned(), 3, "1 at least"),
        ("[[image]]\nid = 'ami-12abcd34'\nowner = 'canonical'".to_owned(), 3, "twelve digits"),
        ("[[image]]\nid = 'ami-12abcd34'\nroot_device = 'sda1'".to_owned(), 3, "such as /dev/sda1"),
        ("[[image]]\nid = 'ami-12abcd34'\ndevices = [{ device = 'xvdf' }]".to_owned(), 3, "such as /dev/sda1"),
        (
            "[[image]]\nid = 'ami-12abcd34'\ndevices = [{ device = '/dev/sdb', virtual = 'ephemeral' }]".to_owned(),
            3,
            "ephemeral0, ephemeral1",
        ),
        ("not_offered = { us-east-1a = ['foo'] }".to_owned(), 1, "such as g5.xlarge"),
        (format!("{FAULT}action = 'AttachVolumes'"), 3, "no call that is served"),
        (format!("{FAULT}chance = 7.0"), 3, "from 0 to 1"),
        (format!("{FAULT}chance = -1.0"), 3, "from 0 to 1"),
        (format!("{FAULT}chance = nan"), 3, "from 0 to 1"),
        (format!("{FAULT}times = 0"), 3, "1 at least"),
        (format!("{FAULT}status = 99"), 3, "400 to 599"),
        (format!("{FAULT}status = 200"), 3, "400 to 599"),
        (format!("{FAULT}status = 1000"), 3, "400 to 599"),
        ("[[fault]]\neffect = 'hang'\nstatus = 500".to_owned(), 1, "go with `error`"),
        (format!("\n{FAULT}from = '2m'\nuntil = '1m'"), 2, "after it begins"),
        ("[knobs]\nattach_sticks = 7.0".to_owned(), 2, "from 0 to 1"),
        ("[knobs]\nattachment_limit = 0".to_owned(), 2, "1 at least"),
        ("[knobs]\npublic_addresses = 0".to_owned(), 2, "1 at least"),
        ("[knobs]\nstuck_devices = ['foo']".to_owned(), 2, "/dev/sd"),
        ("[trouble]\nevery = '0s'".to_owned(), 2, "\"1s\" at most"),
        ("[timing]\nattach = '2'".to_owned(), 2, "such as 90s"),
        ("[trouble]\nevery = '1m'\nkinds = []".to_owned(), 3, "one kind at least"),
        ("[knobs]\nbuilders = ['foo']".to_owned(), 2, "stays-on, silent, or the step"),
        ("[[fault]]\nerror = ''".to_owned(), 1, "such as InternalError"),
        ("[[fault]]\naction = 'AttachVolume'\nstale = '1s'".to_owned(), 1, "AttachVolume does not"),
        (request("capacity = { unknown = '' }"), 7, "some text"),
        ("zones = ['us-east-1']".to_owned(), 1, "begin with its name and have more"),
        ("[[security_group]]\nid = 'x'\nname = 'y'".to_owned(), 2, "sg-"),
        ("[[event]]\nat = '1s'\ninterrupt = 'sir'".to_owned(), 3, "a spot request id is sir-"),
    ] {
        refuses(&scenario, line, words);
    }
}

#[test]
fn what_is_not_there_or_there_twice_is_refused_with_its_line() {
    let event = |action: &str| format!("{WORLD}[[event]]\nat = '1s'\n{action}");
    let stranger = "no request of the scenario";
    for (scenario, line, words) in [
        (but("us-east-1b", "us-west-9z"), 3, "us-west-9z is no zone of the scenario, which has us-east-1a"),
        (
            but("sir-y1a23b4c\"\nzone = \"us-east-1b", "sir-y1a23b4c\"\nzone = \"us-west-9z"),
            6,
            "no zone of the scenario",
        ),
        (but("homes =", "next_zone = 'nowhere'\nhomes ="), 7, "no zone of the scenario"),
        ("not_offered = { foo = ['g5.xlarge'] }".to_owned(), 1, "no zone of the scenario"),
        ("region = 'eu-west-1'\nzones = [\n'us-east-1a']".to_owned(), 3, "no zone of eu-west-1"),
        ("zones = ['us-east-1a', 'us-east-1a']".to_owned(), 1, "us-east-1a is there twice"),
        ("key_pairs = ['a', 'a']".to_owned(), 1, "a is there twice"),
        ("images = ['ami-12abcd34']\n[[image]]\nid = 'ami-12abcd34'".to_owned(), 3, "ami-12abcd34 is there twice"),
        (format!("{WORLD}[[volume]]\nid = 'vol-e123456f'\nzone = 'us-east-1b'"), 12, "vol-e123456f is there twice"),
        (format!("{WORLD}[[request]]\nid = 'sir-y1a23b4c'"), 12, "sir-y1a23b4c is there twice"),
        (
            format!("{WORLD}[[instance]]\nzone = 'us-east-1a'\nid = 'i-0ab12cd34ef56ab78'"),
            13,
            "i-0ab12cd34ef56ab78 is there twice",
        ),
        ("[[instance]]\nage = '1s'".to_owned(), 1, "has a `zone`"),
        (but("homes = [\"vol-e123456f\"]", "homes = [\"vol-00000000\"]"), 7, "vol-00000000 is no volume"),
        (but("volume = \"vol-e123456f\"", "volume = \"vol-00000000\""), 10, "vol-00000000 is no volume"),
        (event("interrupt = 'sir-zzzzzzzz'"), 13, stranger),
        (event("meddle = ['sir-y1a23b4c', 'sir-zzzzzzzz']"), 13, stranger),
        (event("request = 'sir-zzzzzzzz'\ncapacity = 'available'"), 13, stranger),
        (event("expire = 'sir-zzzzzzzz'"), 13, stranger),
        (event("attach = { volume = 'vol-e123456f', to = 'sir-zzzzzzzz', device = '/dev/sdf' }"), 13, stranger),
        (event("delete_volume = 'vol-00000000'"), 13, "vol-00000000 is no volume"),
        (event("detach = 'vol-00000000'"), 13, "vol-00000000 is no volume"),
        (
            "[[security_group]]\nid = 'sg-0a1b2c3d'\nname = 'y'\ningress = [{ group = 'sg-zz' }]".to_owned(),
            4,
            "no security group of the scenario",
        ),
        ("\n[[security_group]]\nname = 'y'".to_owned(), 2, "has no id"),
        (
            "[[image]]\nid = 'ami-12abcd34'\ndevices = [\n{ device = '/dev/sdf' },\n{ device = '/dev/sdf' }]"
                .to_owned(),
            5,
            "/dev/sdf is there twice",
        ),
        (
            "[[image]]\nid = 'ami-12abcd34'\ndevices = [{ device = '/dev/sda1' }]".to_owned(),
            3,
            "/dev/sda1 is there twice",
        ),
    ] {
        refuses(&scenario, line, words);
    }
}

#[test]
fn what_contradicts_itself_is_refused_with_its_line() {
    let rule = |rule: &str| format!("[[security_group]]\nid = 'sg-0a1b2c3d'\nname = 'y'\ningress = [{{ {rule} }}]");
    let second = "[[volume]]\nid = 'vol-e123456a'\nzone = 'us-east-1b'\n";
    let two = "}, { volume = \"vol-e123456a\", device = \"/dev/sdp\" }]";
    for (scenario, line, words) in [
        (but("us-east-1b", "us-east-1a"), 10, "it lies in us-east-1a, and the instance in us-east-1b"),
        (but("homes =", "kind = 'one-time'\nbehavior = 'stop'\nhomes ="), 8, "needs a persistent one"),
        (format!("{second}{}", but("}]", two)), 13, "/dev/sdp is there twice"),
        (
            format!(
                "{WORLD}[[instance]]\nzone = 'us-east-1b'\nattached = [{{ volume = 'vol-e123456f', device = '/dev/sdf' }}]"
            ),
            13,
            "attached twice",
        ),
        (but("attached =", "state = 'terminated'\nattached ="), 11, "terminated"),
        ("[[volume]]\nid = 'vol-e123456f'\nzone = 'us-east-1b'\nstate = 'in-use'".to_owned(), 4, "no instance"),
        (
            but("zone = \"us-east-1b\"\n[[", "zone = \"us-east-1b\"\nstate = 'creating'\n[["),
            4,
            "in-use and not creating",
        ),
        (but("homes =", "valid_in = '1h'\nhomes ="), 7, "has no instance yet"),
        (
            "[[request]]\nid = 'sir-y1a23b4c'\nvalid_in = '1h'\nvalid_for = '30m'".to_owned(),
            3,
            "expires (`valid_for`) before it begins",
        ),
        (
            "[[request]]\nid = 'sir-y1a23b4c'\nkind = 'one-time'\n[request.instance]\nstate = 'stopped'".to_owned(),
            5,
            "no instance of a one-time request",
        ),
        (
            "[[volume]]\nid = 'vol-e123456f'\nzone = 'us-east-1b'\nencrypted = false\nbad_key = true".to_owned(),
            4,
            "is encrypted",
        ),
        ("[[volume]]\nid = 'vol-e123456f'\nzone = 'us-east-1b'\nsize = 65537".to_owned(), 4, "65536 GiB at most"),
        (rule("from = 22, to = 1"), 4, "22 to 1"),
        (rule("from = 22, cidr = 'foo'"), 4, "10.0.0.0/8"),
        (rule("from = 22, cidr = '10.0.0.0/33'"), 4, "10.0.0.0/8"),
        ("seed = 1\npolicy = '{'".to_owned(), 2, "`policy`: cannot read the policy"),
        ("seed = 1\nscp = '{}'".to_owned(), 2, "`scp`: cannot read the policy"),
    ] {
        refuses(&scenario, line, words);
    }
    let both = refused("zones = ['us-east-1a', 'us-east-1a']\nkey_pairs = ['a', 'a']");
    assert!(both.contains("line 1: ") && both.contains("line 2: "), "{both}");
}

#[test]
fn what_nobody_knows_can_be_shown_all_the_same() {
    let scenario =
        but("homes =", "state = 'hovering'\nstatus = 'in-mid-air'\ncapacity = { unknown = 'next-year' }\nhomes =");
    Scenario::parse(&format!(
        "{scenario}[[event]]\nat = '1s'\nrequest = 'sir-y1a23b4c'\nstate = 'odd'\nstatus = 'never-heard-of'\n\
         [[event]]\nat = '2s'\nrequest = 'sir-y1a23b4c'\ncapacity = {{ unknown = 'a-code' }}\n\
         [[fault]]\nerror = 'Odd'\nstatus = 418\nuntil = '1s'\n"
    ))
    .unwrap();
    let shared = WORLD.replace("zone = \"us-east-1b\"\n[[", "zone = \"us-east-1b\"\nmulti_attach = true\n[[");
    Scenario::parse(&format!(
        "{shared}[[instance]]\nzone = 'us-east-1b'\nattached = [{{ volume = 'vol-e123456f', device = '/dev/sdf' }}]"
    ))
    .unwrap();
}
