//! The home volumes.

use super::Found;
use crate::config::{Consent, HomeVolume};
use crate::doctor::case::{Case, answered};
use crate::doctor::remedy::Remedy;
use crate::doctor::verdict::{Unknown, fault, ok, warning};
use crate::model::{AttachmentState, VolumeState};

pub(super) fn exists(case: &Case<'_>, home: &HomeVolume) -> Found {
    let Some(volume) = answered(&case.facts.volumes)?.get(&home.id) else {
        let list = ["ec2", "describe-volumes", "--query", "Volumes[].[VolumeId,AvailabilityZone,Size,State]"];
        let remedy = Remedy::new("put the id of one of this account's volumes under [[machine.volume]]");
        let remedy = remedy.run(case.aws().command(&list)).write("id = \"vol-…\"");
        let account = case.facts.account.as_ref().map_or_else(|_| "this account".to_owned(), ToString::to_string);
        return Ok(fault(format!("{account} has no {} in {}", home.id, case.facts.region), remedy));
    };
    let seen = volume.state.to_string();
    match &volume.state {
        VolumeState::Available | VolumeState::InUse | VolumeState::Creating => Ok(ok(seen)),
        VolumeState::Unknown(_) => Err(Unknown::new(format!("{seen}, a state that nobody here knows"))),
        _ => {
            let filter = format!("Name=volume-id,Values={}", home.id);
            let query = "sort_by(Snapshots,&StartTime)[].[SnapshotId,StartTime,State]";
            let list = ["ec2", "describe-snapshots", "--owner-ids", "self", "--filters", &filter, "--query", query];
            let words =
                "make a new volume in the same zone from one of its snapshots, and put its id under [[machine.volume]]";
            let make = ["ec2", "create-volume", "--snapshot-id", "snap-…", "--volume-type", "gp3"];
            let mut make = make.to_vec();
            make.extend(["--availability-zone", volume.availability_zone.as_str()]);
            let remedy = Remedy::new(words).run(case.aws().command(&list)).run(case.aws().command(&make));
            Ok(fault(format!("{seen}: its data is lost, or about to be"), remedy.write("id = \"vol-…\"")))
        }
    }
}

pub(super) fn encryption(case: &Case<'_>, home: &HomeVolume) -> Found {
    let (volume, traits) = (case.volume(home)?, case.traits(home)?);
    if !traits.encrypted {
        return Ok(ok("not encrypted: there is no key that could fail"));
    }
    let key = traits.kms_key.as_str();
    let query = "KeyMetadata.[KeyState,KeyManager,Enabled]";
    let look = case.aws().command(&["kms", "describe-key", "--key-id", key, "--query", query]);
    let words = "look at the key: it has to be Enabled, and unless AWS manages it, its policy has to let these \
                 credentials use it (kms:CreateGrant, kms:Decrypt, kms:DescribeKey, kms:GenerateDataKeyWithoutPlaintext, \
                 kms:ReEncrypt*)";
    let remedy = Remedy::new(words).run(look);
    if let (Some(owner), Ok(own)) = (account_of(key), &case.facts.account)
        && owner != own.as_str()
    {
        return Ok(warning(
            format!("encrypted with a key of another account, {owner}, which may take it back"),
            remedy,
        ));
    }
    if volume.holders().any(|held| held.state == AttachmentState::Attached) {
        return Ok(ok(format!("encrypted with {key}, which served when it was attached")));
    }
    Err(Unknown::new(format!("encrypted with {key}; whether that key can be used, EC2 tells only by attaching"))
        .with(remedy))
}

/// The account in the ARN of a key.
fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}

pub(super) fn multi_attach(case: &Case<'_>, home: &HomeVolume) -> Found {
    if !case.volume(home)?.multi_attach {
        return Ok(ok("one instance at a time"));
    }
    let stop = ["ec2", "modify-volume", "--volume-id", home.id.as_str(), "--no-multi-attach-enabled"];
    let words = "switch it off while the volume is attached to one instance at most (io2; an io1 volume has to be copied by a snapshot)";
    Ok(fault("several instances may attach it at once", Remedy::new(words).run(case.aws().command(&stop))))
}

pub(super) fn stays(case: &Case<'_>, home: &HomeVolume) -> Found {
    let volume = case.volume(home)?;
    if volume.holders().next().is_none() {
        return Ok(ok("not attached now; AttachVolume never sets it"));
    }
    let Some(held) = volume.holders().find(|held| held.delete_on_termination) else {
        return Ok(ok("it outlives its instance"));
    };
    let instance = held.instance.as_ref().map_or_else(|| "i-…".to_owned(), ToString::to_string);
    let mapping = format!("DeviceName={},Ebs={{DeleteOnTermination=false}}", held.device);
    let keep = ["ec2", "modify-instance-attribute", "--instance-id", &instance, "--block-device-mappings", &mapping];
    let words = match case.config.policy.keep {
        Consent::Auto => "clear the flag; in auto mode spotkeeper does so by itself",
        _ => "clear the flag, or let spotkeeper do so in auto mode",
    };
    let remedy = Remedy::new(words).run(case.aws().command(&keep));
    let remedy =
        if case.config.policy.keep == Consent::Auto { remedy } else { remedy.write("[policy]\nkeep = \"auto\"") };
    Ok(fault(format!("it is deleted with {instance}"), remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_of_a_key_stands_in_its_arn() {
        assert_eq!(account_of("arn:aws:kms:us-east-1:123456789012:key/1234abcd"), Some("123456789012"));
        assert_eq!(account_of("1234abcd"), None);
    }
}
