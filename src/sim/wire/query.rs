//! A request's parameters.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::str::FromStr;

use super::super::records::Tags;
use super::super::refusal::Refusal;
use super::filter::Filter;
use super::manner::Manner;

/// The parameters of one call.
#[derive(Debug, Default)]
pub(in crate::sim) struct Query {
    parameters: BTreeMap<String, String>,
    /// How it is to be answered.
    pub(super) manner: Manner,
}

impl Query {
    /// Reads the query of the URL and the body, both form-encoded.
    pub(in crate::sim) fn parse(target: &str, body: &[u8]) -> Self {
        let pairs = [target.as_bytes(), body].into_iter().flat_map(|part| form_urlencoded::parse(part).into_owned());
        Self { parameters: pairs.collect(), manner: Manner::default() }
    }

    pub(in crate::sim) fn action(&self) -> &str {
        self.get("Action").unwrap_or_default()
    }

    /// Whether it is meant for STS, which words its errors otherwise.
    pub(super) fn is_sts(&self) -> bool {
        self.get("Version") == Some("2011-06-15")
    }

    pub(in crate::sim) fn is_dry_run(&self) -> bool {
        self.get("DryRun") == Some("true")
    }

    pub(in crate::sim) fn is_forced(&self) -> bool {
        self.get("Force") == Some("true")
    }

    /// Whether it is a look that is neither filtered nor paged, whatever ids it names.
    pub(in crate::sim) fn is_sweeping(&self) -> bool {
        let narrow = |key: &String| key.starts_with("Filter.") || matches!(key.as_str(), "MaxResults" | "NextToken");
        self.action().starts_with("Describe") && !self.parameters.keys().any(narrow)
    }

    /// The ids and the device that it names, for the record of calls.
    pub(in crate::sim) fn subjects(&self) -> Vec<String> {
        let mut subjects = Vec::new();
        for name in ["SpotInstanceRequestId", "VolumeId", "InstanceId", "Device", "ResourceId", "ImageId", "SnapshotId"]
        {
            subjects.extend(self.get(name).map(str::to_owned));
            subjects.extend(self.list(name).into_iter().map(str::to_owned));
        }
        subjects
    }

    /// The keys of the tags that are given, to whatever.
    pub(in crate::sim) fn tag_keys(&self) -> Vec<String> {
        let is_key = |name: &str| name.ends_with(".Key") && (name.starts_with("Tag.") || name.contains(".Tag."));
        self.parameters.iter().filter(|(name, _)| is_key(name)).map(|(_, value)| value.clone()).collect()
    }

    /// The tags that are given, by the kind of thing that gets them; under no name, those of CreateTags. What is no tag is
    /// left out: whether it can be one is decided later.
    pub(in crate::sim) fn given_tags(&self) -> BTreeMap<String, Tags> {
        let tag = |group: String| {
            let key = self.get(&format!("{group}.Key"))?.to_owned();
            Some((key, self.get(&format!("{group}.Value")).unwrap_or_default().to_owned()))
        };
        let tags = |list: &str| -> Tags { self.groups(list).into_iter().filter_map(tag).collect() };
        let mut given = BTreeMap::from([(String::new(), tags("Tag"))]);
        for group in self.groups("TagSpecification") {
            let kind = self.get(&format!("{group}.ResourceType")).unwrap_or_default().to_owned();
            given.entry(kind).or_insert_with(Tags::new).extend(tags(&format!("{group}.Tag")));
        }
        given
    }

    /// All that is given, by its name.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(in crate::sim) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// The value of a parameter that has to be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| missing(name))
    }

    /// An id that has to be there.
    pub(super) fn required_id<T: FromStr>(&self, name: &str) -> Result<T, Refusal> {
        parse_id(name, self.required(name)?)
    }

    /// The parameters whose names begin with this one and a dot, each with the rest of its name.
    fn below<'a>(&'a self, name: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let behind = self.parameters.range::<str, _>((Bound::Excluded(name), Bound::Unbounded));
        let near = behind.take_while(move |(key, _)| key.starts_with(name));
        near.filter_map(move |(key, value)| Some((key.strip_prefix(name)?.strip_prefix('.')?, value.as_str())))
    }

    /// An id that may be there.
    pub(super) fn optional_id<T: FromStr>(&self, name: &str) -> Result<Option<T>, Refusal> {
        self.get(name).map(|value| parse_id(name, value)).transpose()
    }

    /// A list, `Name.1`, `Name.2` and so on, in the order of the numbers.
    pub(in crate::sim) fn list<'a>(&'a self, name: &str) -> Vec<&'a str> {
        let numbered = |(rest, value): (&'a str, &'a str)| Some((rest.parse().ok()?, value));
        let mut found: Vec<(u32, &str)> = self.below(name).filter_map(numbered).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, value)| value).collect()
    }

    /// A list of ids.
    pub(super) fn ids<T: FromStr>(&self, name: &str) -> Result<Vec<T>, Refusal> {
        self.list(name).into_iter().map(|value| parse_id(name, value)).collect()
    }

    /// A list of ids that has to have one at least: each once, however often it is named.
    pub(super) fn required_ids<T: FromStr + Ord + Clone>(&self, name: &str) -> Result<Vec<T>, Refusal> {
        let mut named = BTreeSet::new();
        let mut ids: Vec<T> = self.ids(name)?;
        ids.retain(|id| named.insert(id.clone()));
        if ids.is_empty() { Err(missing(name)) } else { Ok(ids) }
    }

    /// What a list of structures is called, one by one: `Name.1`, `Name.2` and so on, in the order of the numbers.
    pub(in crate::sim) fn groups(&self, name: &str) -> Vec<String> {
        let number = |(rest, _): (&str, _)| rest.split_once('.')?.0.parse().ok();
        let mut numbers: Vec<u32> = self.below(name).filter_map(number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().map(|number| format!("{name}.{number}")).collect()
    }

    /// All that says what is wanted, and neither who wants it nor how often he asks.
    pub(super) fn fingerprint(&self) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        let about = |name: &str| !matches!(name, "ClientToken" | "DryRun" | "Version") && !name.starts_with("X-Amz-");
        out.extend_pairs(self.parameters.iter().filter(|(name, _)| about(name)));
        out.finish()
    }

    /// The filters.
    pub(super) fn filters(&self) -> Vec<Filter> {
        let filter = |group: String| Filter {
            // One without a name is refused like one that is unknown: it would otherwise find everything.
            name: self.get(&format!("{group}.Name")).unwrap_or_default().to_owned(),
            values: self.list(&format!("{group}.Value")).into_iter().map(str::to_owned).collect(),
        };
        self.groups("Filter").into_iter().map(filter).collect()
    }
}

pub(super) fn missing(name: &str) -> Refusal {
    Refusal::client("MissingParameter", format!("The request must contain the parameter {name}"))
}

/// EC2 words a malformed id of each kind in its own way.
fn parse_id<T: FromStr>(name: &str, value: &str) -> Result<T, Refusal> {
    let (code, expected) = match name.rsplit('.').next().unwrap_or(name) {
        "InstanceId" => ("InvalidInstanceID.Malformed", None),
        "SpotInstanceRequestId" => ("InvalidSpotInstanceRequestID.Malformed", None),
        "ImageId" => ("InvalidAMIID.Malformed", Some("ami-...")),
        "SnapshotId" => ("InvalidSnapshotID.Malformed", Some("snap-...")),
        "SubnetId" => ("InvalidSubnetID.Malformed", Some("subnet-...")),
        "GroupId" | "SecurityGroupId" => ("InvalidGroupId.Malformed", Some("sg-...")),
        _ => ("InvalidParameterValue", None),
    };
    let expected = expected.map(|expected| format!(" (expecting \"{expected}\")")).unwrap_or_default();
    value.parse().map_err(|_| Refusal::client(code, format!("Invalid id: \"{value}\"{expected}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_the_order_of_their_numbers() {
        let query = "InstanceId=z&InstanceId-1=n&InstanceId.10=j&InstanceId.2=b&InstanceId.1=a&InstanceId1=n\
                     &InstanceIdX.1=n&Instance.1=n&InstanceId.1.Name=n";
        let query = Query::parse("", query.as_bytes());
        assert_eq!(query.list("InstanceId"), ["a", "b", "j"]);
        assert_eq!(query.groups("InstanceId"), ["InstanceId.1"]);
        assert_eq!(query.subjects(), ["z", "a", "b", "j"]);
    }

    #[test]
    fn filters_are_read_with_all_their_values() {
        let query = Query::parse(
            "Action=DescribeVolumes",
            b"Filter.1.Name=tag%3Aa&Filter.1.Value.1=x&Filter.1.Value.2=y&Filter.2.Name=state",
        );
        let filters = query.filters();
        assert_eq!(filters[0].name, "tag:a");
        assert_eq!(filters[0].values, ["x", "y"]);
        assert_eq!((filters[1].name.as_str(), filters[1].values.len()), ("state", 0));
        assert!(!query.is_sweeping());
        let nameless = Query::parse("Action=DescribeVolumes&Filter.7.Value.1=x", b"");
        assert_eq!(nameless.filters()[0].name, "");
        for (parameters, sweeping) in [
            ("", true),
            ("&VolumeId.1=vol-e123456f", true),
            ("&Filter.1.Name=status", false),
            ("&MaxResults=5", false),
            ("&NextToken=x", false),
        ] {
            let query = Query::parse(&format!("Action=DescribeVolumes{parameters}"), b"");
            assert_eq!(query.is_sweeping(), sweeping, "{parameters}");
        }
    }
}
