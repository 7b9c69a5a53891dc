//! `spotkeeper status`: one look.

use std::path::Path;

use super::exit::{Exit, Trouble};
use super::report::{self, Report};
use super::{output, setup};
use crate::app::Session;

pub(super) async fn run(file: Option<&Path>, json: bool) -> Result<Exit, Trouble> {
    let config = setup::load(file)?;
    let mode = config.policy.mode;
    let session = Session::connect(config).await.map_err(|failure| super::run::no_region(&failure))?;
    let (view, account) = report::look(&session, mode).await?;
    let report = Report::of(&session, &view, account);
    output::print(&if json { format!("{:#}", report.to_json()) } else { report.to_text() })?;
    Ok(Exit::Ok)
}
