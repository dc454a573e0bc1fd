//! The first page: who signed in and who was refused, what there is, and how it is doing.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::chart::{Days, Ranking};
use super::error::DashboardError;
use super::event_words::why_refused;
use super::fields::Errors;
use super::first_steps::{Step, first_steps};
use super::frame::{Frame, Section};
use super::health::Health;
use super::log_filter::{connection, organization};
use super::session::Signed;
use super::{Answer, Dashboard, cache};
use crate::management_client::{Administration, encode};
use crate::model::login_stats::{LoginStats, LoginsOf};
use crate::web::form::Form;
use crate::web::text::Text;

#[derive(Template)]
#[template(path = "dashboard/overview.html", whitespace = "minimize")]
struct OverviewPage {
    text: Text,
    frame: Frame,
    steps: Vec<Step>,
    /// What there is, where it is listed, and how many.
    totals: [(&'static str, &'static str, u64); 3],
    form: Form,
    days: Days,
    rankings: Vec<Ranking>,
    health: Health,
    purge_href: &'static str,
    version: &'static str,
}

/// `GET /dashboard?organization=&connection=`.
pub(super) async fn page(State(dashboard): State<Arc<Dashboard>>, signed: Signed) -> Answer {
    let api = &signed.api;
    let query = signed.place.split_once('?').map_or("", |(_, query)| query);
    let form = Form::parse(query.as_bytes()).unwrap_or_default();
    let (narrowing, errors) = match narrowing(api, &form).await? {
        Ok(narrowing) => (narrowing, Errors::default()),
        Err(errors) => (String::new(), errors),
    };
    let stats: LoginStats = api.get(&format!("/api/v2/stats/logins?{narrowing}")).await?;
    let lists = ["organizations", "users", "connections"].map(|list| format!("/api/v2/{list}?"));
    let [organizations, users, connections] = &lists;
    let (organizations, users, connections) =
        tokio::try_join!(api.total(organizations), api.total(users), api.total(connections))?;
    let steps = first_steps(api, organizations).await?;
    let health = Health::find(&dashboard, &signed).await?;
    Frame::new(&signed, Section::Overview, "Overview").with(errors).draw(|frame| OverviewPage {
        text: signed.reader.text,
        frame,
        steps,
        totals: [
            ("Organizations", "/dashboard/organizations", organizations),
            ("Users", "/dashboard/users", users),
            ("Connections", "/dashboard/connections", connections),
        ],
        form,
        days: Days::of(&stats.days),
        rankings: rankings(stats),
        health,
        purge_href: cache::PURGING,
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// The part of the query that narrows the counts to one organization or connection, or what is wrong with what was typed.
async fn narrowing(api: &Administration, form: &Form) -> Result<Result<String, Errors>, DashboardError> {
    let organization = organization(api, form.get("organization")).await?;
    let connection = connection(api, form.get("connection")).await?;
    Ok(match (organization, connection) {
        (Err(message), _) => Err(Errors::at_field("organization", message)),
        (_, Err(message)) => Err(Errors::at_field("connection", message)),
        (Ok(organization), Ok(connection)) => match (organization.as_str(), connection.as_str()) {
            ("", "") => Ok(String::new()),
            (id, "") => Ok(format!("organization_id={}", encode(id))),
            ("", id) => Ok(format!("connection_id={}", encode(id))),
            _ => Err(Errors::at_field("connection", "Use one of the two fields.")),
        },
    })
}

fn rankings(stats: LoginStats) -> Vec<Ranking> {
    let busy = |place: &'static str, it: LoginsOf| {
        let href = it.name.as_ref().map(|_| format!("/dashboard/{place}/{}", encode(&it.id)));
        (it.display_name.or(it.name).unwrap_or(it.id), href, it.logins)
    };
    let refused = stats.refusals.into_iter().map(|it| (why_refused(&it.reason).to_owned(), None, it.refusals));
    let mut rankings = vec![Ranking::of("refusals", "Why logins were refused", ("Reason", "Refused"), refused)];
    if let Some(organizations) = stats.organizations {
        let organizations = organizations.into_iter().map(|it| busy("organizations", it));
        rankings.push(Ranking::of(
            "busiest-organizations",
            "Logins by organization",
            ("Organization", "Logins"),
            organizations,
        ));
    }
    if let Some(connections) = stats.connections {
        let connections = connections.into_iter().map(|it| busy("connections", it));
        rankings.push(Ranking::of(
            "busiest-connections",
            "Logins by connection",
            ("Connection", "Logins"),
            connections,
        ));
    }
    rankings.retain(|ranking| !ranking.bars.is_empty());
    rankings
}
