//! Regions and networks, of which there is one each.

use super::super::ACCOUNT;
use super::super::account;
use super::super::records::Tags;
use super::super::refusal::Refusal;
use super::super::world::World;
use super::describe::{self, Kind};
use super::filter::{self, Attribute, Row};
use super::query::Query;
use super::{Xml, action};

/// The region that the world is.
struct Region<'a> {
    name: &'a str,
    tags: Tags,
}

impl Region<'_> {
    fn endpoint(&self) -> String {
        format!("ec2.{}.amazonaws.com", self.name)
    }
}

const OPT_IN: &str = "opt-in-not-required";

impl Row for Region<'_> {
    fn attributes() -> Vec<Attribute<Self>> {
        vec![
            ("region-name", |row| vec![row.name.to_owned()]),
            ("endpoint", |row| vec![row.endpoint()]),
            ("opt-in-status", |_| vec![OPT_IN.to_owned()]),
        ]
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }
}

pub(super) fn regions(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    action::refuse_dry_run(query)?;
    let names = query.list("RegionName");
    if let Some(unknown) = names.iter().find(|name| **name != world.region) {
        return Err(Refusal::parameter(format!("Invalid region: [{unknown}]")));
    }
    let rows = vec![Region { name: &world.region, tags: Tags::new() }];
    xml.list("regionInfo", filter::select(rows, &query.filters())?, |xml, row| {
        xml.text("regionName", row.name);
        xml.text("regionEndpoint", row.endpoint());
        xml.text("optInStatus", OPT_IN);
    });
    Ok(())
}

const VPCS: Kind = Kind { parameter: "VpcId", not_found: Refusal::no_vpcs, never_paged: None };

/// The addresses of a default network. Source: Amazon VPC User Guide, "Default VPC components".
const CIDR: &str = "172.31.0.0/16";

/// The default network of the account.
struct Vpc<'a> {
    id: &'a str,
    tags: Tags,
}

impl Vpc<'_> {
    fn options(&self) -> String {
        account::id("dopt", self.id)
    }
}

impl Row for Vpc<'_> {
    fn attributes() -> Vec<Attribute<Self>> {
        vec![
            ("vpc-id", |row| vec![row.id.to_owned()]),
            ("cidr", |_| vec![CIDR.to_owned()]),
            ("cidr-block-association.cidr-block", |_| vec![CIDR.to_owned()]),
            ("dhcp-options-id", |row| vec![row.options()]),
            ("is-default", |_| vec!["true".to_owned()]),
            ("isDefault", |_| vec!["true".to_owned()]),
            ("owner-id", |_| vec![ACCOUNT.to_owned()]),
            ("state", |_| vec!["available".to_owned()]),
        ]
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }
}

pub(super) fn vpcs(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let rows = vec![Vpc { id: &world.account.vpc, tags: Tags::new() }];
    let chosen = describe::choose::<String, _>(query, &VPCS, rows, world.knobs.empty_pages, |row| row.id)?;
    xml.list("vpcSet", chosen.0, |xml, row| {
        xml.text("vpcId", row.id);
        xml.text("ownerId", ACCOUNT);
        xml.text("state", "available");
        xml.text("cidrBlock", CIDR);
        xml.list("cidrBlockAssociationSet", [&row], |xml, row| {
            xml.text("associationId", account::id("vpc-cidr-assoc", row.id));
            xml.text("cidrBlock", CIDR);
            xml.within("cidrBlockState", |xml| xml.text("state", "associated"));
        });
        xml.text("dhcpOptionsId", row.options());
        xml.text("instanceTenancy", "default");
        xml.text("isDefault", true);
        xml.tags(&row.tags);
    });
    describe::finish(xml, chosen.1);
    Ok(())
}
