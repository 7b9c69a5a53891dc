//! Examining a set-up: looks and dry runs gather the facts, and the doctor judges. Nothing is changed anywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::clock::Clock;
use crate::config::{Config, HomeVolume, Machine};
use crate::doctor::{self, Answer, Examination, Facts, Keeping, Trial};
use crate::ec2::Ec2;
use crate::hooks;
use crate::journal;
use crate::model::{
    Failure, HostName, Image, ImageId, Instance, InstanceId, Keeper, KeyPair, MachineName, NamesOnDisk, RequestTerms,
    SecurityGroup, SecurityGroupId, SnapshotId, SpotRequest, SpotRequestId, Subnet, SubnetId, Text, Volume, VolumeId,
    VolumeTraits,
};
use crate::names::Names;

/// As whom a tag is tried: the state folder's own keeper may not be known yet, and finding one writes a file.
const TRIER: &str = "doctor";

/// Gathers facts and has them judged. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Examiner {
    config: Arc<Config>,
    ec2: Ec2,
    names: Names,
    clock: Clock,
}

/// What this computer's files say.
struct Local {
    names: NamesOnDisk,
    keeping: BTreeMap<MachineName, Keeping>,
    state_trouble: Option<String>,
    hook_trouble: Vec<String>,
}

/// What lies around the machines.
struct Around {
    images: Answer<BTreeMap<ImageId, Image>>,
    subnets: Answer<BTreeMap<SubnetId, Subnet>>,
    security_groups: Answer<BTreeMap<SecurityGroupId, SecurityGroup>>,
    default_vpc: Answer<Option<Text>>,
    default_groups: Answer<BTreeMap<Text, SecurityGroup>>,
    key_pairs: Answer<BTreeMap<Text, KeyPair>>,
    snapshots: Answer<BTreeMap<SnapshotId, VolumeId>>,
    architectures: Answer<BTreeMap<Text, Vec<Text>>>,
}

/// What the requests and volumes are.
struct First {
    requests: Answer<BTreeMap<SpotRequestId, SpotRequest>>,
    terms: Answer<BTreeMap<SpotRequestId, RequestTerms>>,
    volumes: Answer<BTreeMap<VolumeId, Volume>>,
    traits: Answer<BTreeMap<VolumeId, VolumeTraits>>,
}

impl Examiner {
    /// An examiner of these machines.
    #[must_use]
    pub fn new(config: Arc<Config>, ec2: Ec2, names: Names, clock: Clock) -> Self {
        Self { config, ec2, names, clock }
    }

    /// Examines one machine, or all of them. It costs nothing and changes nothing: EC2 is asked by Describe calls and dry
    /// runs alone. What cannot be had is part of the answer.
    pub async fn examine(&self, machine: Option<&MachineName>) -> Examination {
        let machines = self.config.machines.iter().filter(|one| machine.is_none_or(|name| one.name == *name));
        let machines: Vec<&Machine> = machines.collect();
        let at = self.clock.now().wall;
        let (local, account, first) = tokio::join!(self.local(), self.ec2.account(), self.first(&machines));
        let (around, instances) = tokio::join!(self.around(&first.terms), self.instances(&first));
        let trials = Box::pin(self.trials(&machines, &first, &instances)).await;
        let Around { images, subnets, security_groups, default_vpc, default_groups, .. } = around;
        let Around { key_pairs, snapshots, architectures, .. } = around;
        let First { requests, terms, volumes, traits } = first;
        let Local { names, keeping, state_trouble, hook_trouble } = local;
        let facts = Facts {
            at,
            region: self.ec2.region().clone(),
            profile: self.config.aws.profile.clone(),
            account,
            clock_ahead: self.ec2.clock_ahead(),
            requests,
            terms,
            instances,
            volumes,
            traits,
            subnets,
            images,
            security_groups,
            default_vpc,
            default_groups,
            key_pairs,
            snapshots,
            architectures,
            trials,
            names,
            keeping,
            state_trouble,
            hook_trouble,
        };
        doctor::judge(&self.config, &machines, &facts)
    }

    async fn first(&self, machines: &[&Machine]) -> First {
        let requests: BTreeSet<_> = machines.iter().map(|machine| machine.spot_request.clone()).collect();
        let volumes = machines.iter().flat_map(|machine| &machine.volumes).map(|home| home.id.clone()).collect();
        let (of_requests, of_volumes) =
            tokio::join!(self.ec2.requests_with_terms(&requests), self.ec2.volumes_with_traits(&volumes));
        let (requests, terms) = both(of_requests);
        let (volumes, traits) = both(of_volumes);
        First { requests, terms, volumes, traits }
    }

    /// The instances that requests name or that hold a volume.
    async fn instances(&self, first: &First) -> Answer<BTreeMap<InstanceId, Instance>> {
        let (requests, volumes) = (first.requests.as_ref(), first.volumes.as_ref());
        if let (Err(failure), Err(_)) = (requests, volumes) {
            return Err(failure.clone());
        }
        let named = requests.into_iter().flatten().filter_map(|(_, request)| request.instance.clone());
        let volumes = volumes.into_iter().flatten().flat_map(|(_, volume)| volume.holders());
        let wanted = named.chain(volumes.filter_map(|held| held.instance.clone())).collect();
        Ok(self.ec2.instances(&wanted).await?.seen)
    }

    /// What the requests name.
    async fn around(&self, terms: &Answer<BTreeMap<SpotRequestId, RequestTerms>>) -> Around {
        let terms: Answer<Vec<&RequestTerms>> = match terms {
            Ok(terms) => Ok(terms.values().collect()),
            Err(failure) => Err(failure.clone()),
        };
        let ec2 = &self.ec2;
        let images = ids(&terms, |terms| terms.image.iter().cloned().collect());
        let subnets = ids(&terms, |terms| terms.subnet.iter().cloned().collect());
        let groups = ids(&terms, |terms| terms.security_groups.clone());
        let types = ids(&terms, |terms| Some(terms.instance_type.clone()).filter(is_named).into_iter().collect());
        let keys = ids(&terms, |terms| Some(terms.key_name.clone()).filter(is_named).into_iter().collect());
        let keys = async { if keys?.is_empty() { Ok(BTreeMap::new()) } else { ec2.key_pairs().await } };
        let disks = async {
            let images: Answer<BTreeMap<ImageId, Image>> = async { ec2.images(&images?).await }.await;
            let snapshots: Answer<_> = async { ec2.snapshots(&mapped(&terms, &images)?).await }.await;
            (images, snapshots)
        };
        let network = async {
            let subnets: Answer<BTreeMap<SubnetId, Subnet>> = async { ec2.subnets(&subnets?).await }.await;
            let (default_vpc, default_groups) = defaults(ec2, &terms, &subnets).await;
            (subnets, default_vpc, default_groups)
        };
        let ((images, snapshots), network, security_groups, key_pairs, architectures) =
            tokio::join!(disks, network, async { ec2.security_groups(&groups?).await }, keys, async {
                ec2.architectures(&types?).await
            },);
        let (subnets, default_vpc, default_groups) = network;
        Around { images, subnets, security_groups, default_vpc, default_groups, key_pairs, snapshots, architectures }
    }

    /// Tries what keeping the machines needs, on what is really there.
    async fn trials(
        &self,
        machines: &[&Machine],
        first: &First,
        instances: &Answer<BTreeMap<InstanceId, Instance>>,
    ) -> BTreeMap<MachineName, BTreeMap<Trial, Answer<()>>> {
        let mut all = BTreeMap::new();
        for machine in machines {
            let request = first.requests.as_ref().ok().and_then(|requests| requests.get(&machine.spot_request));
            let named = request.and_then(|request| request.instance.as_ref());
            // Of one that EC2 does not show any more, a dry run may say anything.
            let shown = instances.as_ref().ok().and_then(|instances| instances.get(named?));
            let terms = first.terms.as_ref().ok().and_then(|terms| terms.get(&machine.spot_request));
            let (of_volumes, of_instance, of_request) = tokio::join!(
                self.try_volumes(machine, shown, first),
                self.try_instance(shown),
                self.try_request(terms),
            );
            all.insert(machine.name.clone(), of_volumes.into_iter().chain(of_instance).chain(of_request).collect());
        }
        all
    }

    async fn try_volumes(&self, machine: &Machine, on: Option<&Instance>, first: &First) -> Vec<(Trial, Answer<()>)> {
        let (Some(on), Ok(volumes)) = (on, &first.volumes) else { return Vec::new() };
        let mut tried = Vec::new();
        for HomeVolume { id, device } in machine.volumes.iter().filter(|home| volumes.contains_key(&home.id)) {
            tried.push((Trial::Attach(id.clone()), self.ec2.may_attach(id, &on.id, device).await));
            tried.push((Trial::Detach(id.clone()), self.ec2.may_detach(id, &on.id).await));
            // Without an attachment there is no device to speak of.
            if let Some(held) = volumes.get(id).and_then(|volume| volume.attachment_to(&on.id)) {
                tried.push((Trial::Keep(id.clone()), self.ec2.may_keep(&on.id, &held.device).await));
            }
        }
        tried
    }

    async fn try_instance(&self, on: Option<&Instance>) -> Vec<(Trial, Answer<()>)> {
        let Some(on) = on else { return Vec::new() };
        let mut tried = vec![(Trial::Reboot, self.ec2.may_reboot(&on.id).await)];
        if let Ok(keeper) = TRIER.parse::<Keeper>() {
            tried.push((Trial::Claim, self.ec2.may_claim(&on.id, &keeper).await));
        }
        tried
    }

    async fn try_request(&self, terms: Option<&RequestTerms>) -> Option<(Trial, Answer<()>)> {
        Some((Trial::Request, self.ec2.may_request(terms?).await))
    }

    /// What this computer's files say, off the loop: a disk may be slow.
    async fn local(&self) -> Local {
        let (config, names) = (Arc::clone(&self.config), self.names.clone());
        let read = tokio::task::spawn_blocking(move || read_files(&config, &names));
        read.await.unwrap_or_else(|error| Local {
            names: NamesOnDisk::default(),
            keeping: BTreeMap::new(),
            state_trouble: Some(format!("looking at the files of this computer: {error}")),
            hook_trouble: Vec::new(),
        })
    }
}

fn read_files(config: &Config, names: &Names) -> Local {
    let machines: Vec<(MachineName, Vec<HostName>)> =
        config.machines.iter().map(|machine| (machine.name.clone(), machine.hostnames.clone())).collect();
    let owners: Vec<journal::Owner> =
        config.machines.iter().map(|machine| (machine.name.clone(), machine.spot_request.clone())).collect();
    let keeping = owners.iter().map(|(name, request)| {
        let keeping = match journal::holder(&config.state_dir, request) {
            Ok(None) => Keeping::Nobody,
            Ok(Some(holder)) => Keeping::Held(holder),
            Err(error) => Keeping::Unclear(error.to_string()),
        };
        (name.clone(), keeping)
    });
    Local {
        names: names.read(&machines),
        keeping: keeping.collect(),
        state_trouble: journal::check_writable(&config.state_dir, &owners).err().map(|error| error.to_string()),
        hook_trouble: hooks::missing(&config.hooks),
    }
}

/// The default VPC, and the default groups of the VPCs in which these terms name no group. What no request needs is not
/// asked for.
async fn defaults(
    ec2: &Ec2,
    terms: &Answer<Vec<&RequestTerms>>,
    subnets: &Answer<BTreeMap<SubnetId, Subnet>>,
) -> (Answer<Option<Text>>, Answer<BTreeMap<Text, SecurityGroup>>) {
    let bare = terms.iter().flatten().filter(|terms| terms.security_groups.is_empty());
    let (placed, anywhere): (Vec<&RequestTerms>, Vec<_>) = bare.partition(|terms| terms.subnet.is_some());
    let vpc = if anywhere.is_empty() { Ok(None) } else { ec2.default_vpc().await };
    let named = placed.iter().filter_map(|terms| Some(&subnets.as_ref().ok()?.get(terms.subnet.as_ref()?)?.vpc));
    let vpcs = named.chain(vpc.as_ref().ok().and_then(Option::as_ref)).cloned().collect();
    let groups = ec2.default_groups(&vpcs).await;
    (vpc, groups)
}

/// Two answers that came as one.
fn both<A, B>(answer: Answer<(A, B)>) -> (Answer<A>, Answer<B>) {
    match answer {
        Ok((one, other)) => (Ok(one), Ok(other)),
        Err(failure) => (Err(failure.clone()), Err(failure)),
    }
}

/// What these terms name, all together.
fn ids<T: Ord>(terms: &Answer<Vec<&RequestTerms>>, of: impl Fn(&RequestTerms) -> Vec<T>) -> Answer<BTreeSet<T>> {
    match terms {
        Ok(terms) => Ok(terms.iter().flat_map(|terms| of(terms)).collect()),
        Err(failure) => Err(failure.clone()),
    }
}

/// The snapshots that become volumes besides the root volume.
fn mapped(
    terms: &Answer<Vec<&RequestTerms>>,
    images: &Answer<BTreeMap<ImageId, Image>>,
) -> Answer<BTreeSet<SnapshotId>> {
    let images = images.as_ref().map_err(Failure::clone)?;
    let others = |image: &Image| {
        let others = image.devices.iter().filter(|(name, _)| **name != image.root_device);
        others.filter_map(|(_, device)| device.snapshot.clone()).collect::<Vec<_>>()
    };
    let of_request = ids(terms, |terms| terms.devices.values().filter_map(|device| device.snapshot.clone()).collect())?;
    Ok(images.values().flat_map(others).chain(of_request).collect())
}

fn is_named(text: &Text) -> bool {
    !text.is_empty()
}
