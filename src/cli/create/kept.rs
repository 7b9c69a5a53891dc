//! What an ending keeps, and how its owner removes it later: no ledger knows of it any more.

use std::collections::BTreeSet;

use super::bench::Bench;
use crate::create::{CREATE_TAG, Memory};
use crate::doctor::Aws;
use crate::model::{ImageId, SnapshotId, VolumeId};

/// What stays, and costs.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) volumes: Vec<VolumeId>,
    pub(super) image: Option<ImageId>,
    pub(super) snapshots: BTreeSet<SnapshotId>,
}

impl Kept {
    /// These volumes, and the image that the creation made, with its snapshots as far as EC2 shows them.
    pub(super) async fn with_image(bench: &Bench, volumes: Vec<VolumeId>, memory: &Memory) -> Self {
        let (Some(image), Some(recipe)) = (memory.image.clone(), &memory.recipe) else {
            return Self { volumes, ..Self::default() };
        };
        // They are only told: a look that fails leaves them out.
        let snapshots = bench.site.ec2.snapshots_tagged(CREATE_TAG, recipe.run.as_str()).await.unwrap_or_default();
        Self { volumes, image: Some(image), snapshots }
    }

    /// The commands that remove it, each quoted for a shell, in an order in which none is refused.
    pub(super) fn commands(&self, aws: Aws<'_>) -> Vec<String> {
        let image = self.image.iter().map(|image| ("deregister-image", "--image-id", image.as_str()));
        let snapshots = self.snapshots.iter().map(|id| ("delete-snapshot", "--snapshot-id", id.as_str()));
        let volumes = self.volumes.iter().map(|id| ("delete-volume", "--volume-id", id.as_str()));
        let command = |(call, option, id)| aws.command(&["ec2", call, option, id]);
        image.chain(snapshots).chain(volumes).map(command).collect()
    }

    /// What follows the closing line of an ending.
    pub(super) fn lines(&self, bench: &Bench) -> Vec<String> {
        let commands = self.commands(bench.aws());
        let first =
            (!commands.is_empty()).then(|| "what was kept can be deleted, with all that is on it, by:".to_owned());
        first.into_iter().chain(commands.into_iter().map(|command| format!("  {command}"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Text;

    #[test]
    fn what_was_kept_is_removed_by_commands_that_are_quoted_and_in_an_order_that_ec2_takes() {
        let kept = Kept {
            volumes: vec!["vol-0a0a0a0a".parse().unwrap()],
            image: Some("ami-0a0a0a0a".parse().unwrap()),
            snapshots: ["snap-0a0a0a0a".parse().unwrap()].into(),
        };
        let expected = [
            "aws ec2 deregister-image --image-id ami-0a0a0a0a --region eu-west-1 --profile 'my own'",
            "aws ec2 delete-snapshot --snapshot-id snap-0a0a0a0a --region eu-west-1 --profile 'my own'",
            "aws ec2 delete-volume --volume-id vol-0a0a0a0a --region eu-west-1 --profile 'my own'",
        ];
        let region = Text::new("eu-west-1");
        assert_eq!(kept.commands(Aws { region: &region, profile: Some("my own") }), expected);
        assert!(Kept::default().commands(Aws { region: &region, profile: None }).is_empty());
    }
}
