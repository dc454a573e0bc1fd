//! What becomes of an invitation in the database.

use serde_json::json;

use super::{Api, text};
use crate::model::{Timestamp, sha256};

const DAY: i64 = 24 * 3600;

#[tokio::test]
async fn a_ticket_is_kept_as_its_hash_and_an_expired_invitation_for_a_month() {
    let api = Api::new().await;
    let organization = api.organization("acme").await;
    let client =
        json!({ "name": "Shop", "organization_usage": "allow", "initiate_login_uri": "https://shop.example/" });
    let client = text(&api.created("/clients", client).await, "client_id");
    let path = format!("/organizations/{organization}/invitations");
    let wish = json!({ "inviter": { "name": "Ann" }, "invitee": { "email": "bob@acme.example" }, "client_id": client });
    let ticket = text(&api.created(&path, wish).await, "ticket_id");

    let tenant = &api.management.tenant;
    let count = "SELECT COUNT(*) FROM invitations";
    assert_eq!(tenant.number_for_test(count).await.expect("a number"), 1);
    let everything = tenant.text_for_test("SELECT id || ticket_hash || invitee_email FROM invitations").await;
    let everything = everything.expect("a text");
    assert!(everything.contains(&sha256(&ticket)) && !everything.contains(&ticket), "{everything}");

    let now = Timestamp::now();
    tenant.delete_expired(now.plus_seconds(8 * DAY), 0).await.expect("deletes");
    assert_eq!(tenant.number_for_test(count).await.expect("a number"), 1, "it expired yesterday");
    tenant.delete_expired(now.plus_seconds(38 * DAY), 0).await.expect("deletes");
    assert_eq!(tenant.number_for_test(count).await.expect("a number"), 0);
}
