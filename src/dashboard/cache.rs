//! Emptying what login pages are drawn from.

use super::Answer;
use super::confirmation::{Confirmation, counted};
use super::error::DashboardError;
use super::frame::{Done, Frame, Section};
use super::session::Signed;
use crate::management_client::Administration;
use crate::model::cache_report::CacheReport;
use crate::web::redirect;

/// The page that asks before.
pub(super) const PURGING: &str = "/dashboard/cache/purge";

/// What is remembered, without the organizations it is of.
pub(super) async fn report(api: &Administration) -> Result<CacheReport, DashboardError> {
    Ok(api.get("/api/v2/stats/cache?per_page=1").await?)
}

/// `GET /dashboard/cache/purge`.
pub(super) async fn purging(signed: Signed) -> Answer {
    let report = report(&signed.api).await?;
    let asked = Confirmation {
        says: vec![
            "Login pages are drawn from what was remembered of the Management API. Each asks again for what it needs."
                .to_owned(),
        ],
        losses: vec![counted(report.entries, "remembered answer")],
        typed: None,
        button: "Purge the cache",
        back_href: "/dashboard".to_owned(),
    };
    asked.draw(&signed, Frame::within(&signed, Section::Overview, "Purge the cache"))
}

/// `POST /dashboard/cache/purge`.
pub(super) async fn purge(signed: Signed) -> Answer {
    signed.api.delete("/api/v2/stats/cache").await?;
    Ok(redirect::see_other(&Done::Purged.at("/dashboard")))
}
