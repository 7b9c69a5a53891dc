//! Six machines in the fates of the demonstration, in a world that stands still: every id is fixed, and what takes
//! time takes an hour.

/// The world.
pub(super) const WORLD: &str = r#"
[timing]
latency = "100ms"
notice = "1h"
attach = "1h"
detach = "4s"
start = "8s"
shutdown = "20s"
reevaluation = "5s"
evaluation = "1s"
fulfillment = "3s"
capacity_return = "1h"
guest_boot = "35s"
guest_shutdown = "10s"
guest_deaf = "5s"

[[volume]]
id = "vol-0a71b20c19d3e4f58"
zone = "us-east-1b"
[[request]]
id = "sir-train001"
zone = "us-east-1b"
instance_type = "g5.xlarge"
homes = ["vol-0a71b20c19d3e4f58"]
[request.instance]
id = "i-0ab12cd34ef5641f2"
age = "2m 10s"

[[volume]]
id = "vol-0b82c31d2ae4f5069"
zone = "us-east-1a"
[[volume]]
id = "vol-0b82c31d2ae4f5070"
zone = "us-east-1a"
[[request]]
id = "sir-sweep001"
zone = "us-east-1a"
instance_type = "g4dn.xlarge"
homes = ["vol-0b82c31d2ae4f5069", "vol-0b82c31d2ae4f5070"]
[request.instance]
id = "i-07c98de12fa0b9e10"
age = "4m 2s"
attached = [
  { volume = "vol-0b82c31d2ae4f5069", device = "/dev/sdp", age = "21s", state = "attaching" },
  { volume = "vol-0b82c31d2ae4f5070", device = "/dev/sdq", age = "15s" },
]

[[volume]]
id = "vol-0c93d42e3bf506170"
zone = "us-east-1a"
[[request]]
id = "sir-noteb001"
zone = "us-east-1a"
instance_type = "m5.large"
homes = ["vol-0c93d42e3bf506170"]
[request.instance]
id = "i-0d1e2f3a4b5c677aa"
age = "6h 14m"
attached = [{ volume = "vol-0c93d42e3bf506170", device = "/dev/sdp", age = "6h 13m" }]

[[volume]]
id = "vol-0da4e53f4c0617281"
zone = "us-east-1b"
[[request]]
id = "sir-batch001"
instance_type = "c5.2xlarge"
homes = ["vol-0da4e53f4c0617281"]
[request.instance]
id = "i-05566778899aac3d0"
zone = "us-east-1c"
age = "9m 40s"

[[volume]]
id = "vol-0eb5f640511728392"
zone = "us-east-1c"
[[request]]
id = "sir-rende001"
zone = "us-east-1c"
instance_type = "g5.12xlarge"
capacity = "capacity-not-available"
homes = ["vol-0eb5f640511728392"]

[[volume]]
id = "vol-0fc607516228394a3"
zone = "us-east-1b"
[[request]]
id = "sir-lab00001"
zone = "us-east-1b"
instance_type = "r5.large"
homes = ["vol-0fc607516228394a3"]
[request.instance]
id = "i-0aa00bb11cc22dd33"
age = "3h 2m"
attached = [{ volume = "vol-0fc607516228394a3", device = "/dev/sdp", age = "3h 1m" }]

[[event]]
at = "0s"
interrupt = "sir-lab00001"
"#;

/// The machines: those of the demonstration.
pub(super) fn machines() -> &'static str {
    let config = include_str!("../../../assets/demo-config.toml");
    config.find("[[machine]]").and_then(|begin| config.get(begin..)).unwrap()
}
