//! Mail: invitations reach a relay we did not write, and a relay that is slow, moody or absent loses none.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::command;
use crate::support::gateway::{Administrator, Gateway, Mode, text};
use crate::support::relay::Relay;

/// Short waits, so that a test need not be patient.
const SOON: &str = "mail.retry_seconds = 1\nmail.timeout_seconds = 1\n";

struct Inviting {
    path: String,
    client: String,
}

impl Inviting {
    async fn prepare(admin: &Administrator) -> Self {
        let acme = admin.organization("acme").await;
        let client = json!({ "name": "Shop", "app_type": "regular_web", "organization_usage": "allow",
            "initiate_login_uri": "https://shop.example/login" });
        let client = text(&admin.create("/clients", client).await, "client_id");
        Self { path: format!("/organizations/{acme}/invitations"), client }
    }

    async fn invite(&self, admin: &Administrator, email: &str) -> Value {
        let body =
            json!({ "inviter": { "name": "Ann Ünal" }, "invitee": { "email": email }, "client_id": self.client });
        admin.create(&self.path, body).await
    }
}

async fn outbox(gateway: &Gateway) -> i64 {
    let mut database = gateway.database().await;
    sqlx::query_scalar("SELECT COUNT(*) FROM outbox").fetch_one(&mut database).await.unwrap()
}

async fn outbox_is_empty(gateway: &Gateway) {
    while outbox(gateway).await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn an_invitation_reaches_the_relay_in_the_organizations_name() {
    let relay = Relay::start(&["--password", "s3cret"]);
    let url = format!("mail.smtp_url = \"smtp://relay:s3cret@127.0.0.1:{}\"\n", relay.port);
    let settings = format!("{url}mail.from = \"Vestibule <no-reply@login.example>\"\n");
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, &settings).await;
    let inviting = Inviting::prepare(&gateway.admin).await;
    let created = inviting.invite(&gateway.admin, "bob@acme.example").await;
    let mail = relay.wait_for("answered", 1).await.remove(0)["mail"].take();
    assert_eq!((&mail["sender"], &mail["to"]), (&json!("no-reply@login.example"), &json!(["bob@acme.example"])));
    let header = |name: &str| mail["headers"][name].as_str().unwrap_or_default().to_owned();
    assert_eq!(header("From"), "Acme <no-reply@login.example>");
    assert_eq!(
        (header("Subject").as_str(), header("Auto-Submitted").as_str()),
        ("You are invited to Acme", "auto-generated")
    );
    let link = text(&created, "invitation_url");
    assert!(mail["text"].as_str().unwrap().contains(&link), "{mail}");
    assert!(mail["text"].as_str().unwrap().contains("Ann Ünal invites you to join Acme in Shop."), "{mail}");
    assert!(mail["html"].as_str().unwrap().contains(&link.replace('&', "&#38;")), "{mail}");
    outbox_is_empty(&gateway).await;
}

#[tokio::test]
async fn a_mail_that_the_relay_does_not_take_now_is_tried_again_and_one_it_refuses_is_given_up() {
    let relay = Relay::start(&["--answers", "451,250,550"]);
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, &format!("{SOON}{}", relay.setting())).await;
    let inviting = Inviting::prepare(&gateway.admin).await;
    inviting.invite(&gateway.admin, "later@acme.example").await;
    let answers = relay.wait_for("answered", 2).await;
    assert_eq!(answers.iter().map(|it| it["answered"].as_i64().unwrap()).collect::<Vec<_>>(), [451, 250]);
    let ids: BTreeSet<_> = answers.iter().map(|it| it["mail"]["headers"]["Message-ID"].to_string()).collect();
    assert_eq!(ids.len(), 1, "both tries are one mail to its reader");
    inviting.invite(&gateway.admin, "never@acme.example").await;
    relay.wait_for("answered", 3).await;
    outbox_is_empty(&gateway).await;
    assert_eq!(relay.told("answered").len(), 3);
}

#[tokio::test]
async fn wrong_credentials_lose_no_mail() {
    let relay = Relay::start(&["--password", "s3cret"]);
    let wrong = format!("{SOON}mail.smtp_url = \"smtp://relay:wrong@127.0.0.1:{}\"\n", relay.port);
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, &wrong).await;
    Inviting::prepare(&gateway.admin).await.invite(&gateway.admin, "bob@acme.example").await;
    let tries = relay.wait_for("authenticated", 2).await;
    assert!(tries.iter().all(|it| it["authenticated"] == false), "{tries:?}");
    assert_eq!(outbox(&gateway).await, 1);
    let right = format!("{SOON}mail.smtp_url = \"smtp://relay:s3cret@127.0.0.1:{}\"\n", relay.port);
    let gateway = gateway.restart_with(&right).await;
    relay.wait_for("answered", 1).await;
    outbox_is_empty(&gateway).await;
}

#[tokio::test]
async fn a_slow_relay_holds_nobody_up() {
    let relay = Relay::start(&["--hold", "10"]);
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, &relay.setting()).await;
    let inviting = Inviting::prepare(&gateway.admin).await;
    inviting.invite(&gateway.admin, "first@acme.example").await;
    relay.wait_for("arrived", 1).await;
    for number in 0..10 {
        inviting.invite(&gateway.admin, &format!("bob{number}@acme.example")).await;
    }
    relay.wait_for("arrived", 4).await;
    assert!(relay.told("answered").is_empty(), "no mail is taken yet, and everything else went on");
}

#[tokio::test]
async fn a_restart_while_a_mail_is_sent_loses_nothing() {
    let slow = Relay::start(&["--hold", "60"]);
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, &format!("{SOON}{}", slow.setting())).await;
    let inviting = Inviting::prepare(&gateway.admin).await;
    inviting.invite(&gateway.admin, "bob@acme.example").await;
    slow.wait_for("arrived", 1).await;
    let relay = Relay::start(&[]);
    let gateway = gateway.restart_with(&format!("{SOON}{}", relay.setting())).await;
    let answers = relay.wait_for("answered", 1).await;
    assert_eq!(answers[0]["mail"]["to"], json!(["bob@acme.example"]));
    outbox_is_empty(&gateway).await;
    assert_eq!(relay.told("answered").len(), 1);
}

#[tokio::test]
async fn two_nodes_send_each_mail_once() {
    let relay = Relay::start(&[]);
    let one = Gateway::start_with(Mode::PostgresEmbedded, &relay.setting()).await;
    let shared = format!("storage.url = {:?}\n{}", one.storage, relay.setting());
    let two = Gateway::start_with(Mode::PostgresEmbedded, &shared).await;
    let inviting = Inviting::prepare(&one.admin).await;
    for number in 0..30 {
        let admin = if number % 2 == 0 { &one.admin } else { &two.admin };
        inviting.invite(admin, &format!("bob{number}@acme.example")).await;
    }
    let answers = relay.wait_for("answered", 30).await;
    let people: BTreeSet<_> = answers.iter().map(|it| it["mail"]["to"][0].to_string()).collect();
    assert_eq!((people.len(), answers.len()), (30, 30));
}

#[tokio::test]
async fn no_mail_is_sent_for_an_invitation_that_shall_send_none() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let inviting = Inviting::prepare(&gateway.admin).await;
    let silent = json!({ "inviter": { "name": "Ann" }, "invitee": { "email": "quiet@acme.example" },
        "client_id": inviting.client, "send_invitation_email": false });
    gateway.admin.create(&inviting.path, silent).await;
    inviting.invite(&gateway.admin, "bob@acme.example").await;
    let mail = gateway.mail_to("bob@acme.example").await;
    assert_eq!(mail.from, "no-reply@localhost");
    assert!(mail.html.contains("Accept the invitation"), "{}", mail.html);
    outbox_is_empty(&gateway).await;
    assert!(gateway.find_mail_to("quiet@acme.example").is_none());
}

#[test]
fn check_says_whether_the_relay_can_be_reached() {
    let folder = tempfile::tempdir().unwrap();
    let check = |port: u64| {
        let relay = format!("mail.smtp_url = \"smtp://127.0.0.1:{port}\"");
        let settings = command::settings(folder.path(), "gateway", command::free_port(), &relay);
        command::run(&["check", "--config", settings.to_str().unwrap()])
    };
    let said = check(command::free_port().into());
    let line = said.output.lines().find(|line| line.starts_with("mail relay")).unwrap().to_owned();
    assert!(!said.status.success() && !line.ends_with("ok"), "{}", said.output);
    let relay = Relay::start(&[]);
    let said = check(relay.port);
    assert!(said.status.success() && said.output.contains("mail relay         ok"), "{}", said.output);
}
