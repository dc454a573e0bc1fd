//! Discovery domains: one form of a name, proved by the DNS or by an administrator (contract §1.8).

use serde_json::{Value, json};

use crate::matrix;
use crate::support::dns::Dns;
use crate::support::gateway::{Gateway, Mode, id, text};

matrix! {
    a_domain_is_verified_once_its_record_is_there,
    a_domain_has_one_form_and_stands_once_in_an_organization,
}

async fn a_domain_is_verified_once_its_record_is_there(mode: Mode) {
    let dns = Dns::start().await;
    let gateway = Gateway::start_with(mode, &dns.setting()).await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    let path = format!("/organizations/{acme}/discovery-domains");
    let domain = admin.create(&path, json!({ "domain": "Acme.Example" })).await;
    let proof = text(&domain, "verification_txt");
    let expected = json!({
        "id": id(&domain), "domain": "acme.example", "status": "pending", "use_for_organization_discovery": true,
        "verification_txt": proof, "verification_host": format!("_ss-verification.{acme}.acme.example"),
    });
    assert_eq!(domain, expected);
    assert!(id(&domain).strip_prefix("ord_").is_some_and(|rest| rest.len() == 22));
    assert!(proof.len() == 32 && proof.bytes().all(|byte| byte.is_ascii_hexdigit()));

    let one = format!("{path}/{}", id(&domain));
    let verify = format!("{one}/verify");
    let mut asked = admin.done("POST", &verify, None).await;
    assert_eq!(asked.as_object_mut().unwrap().remove("txt_found"), Some(json!([])), "there is no record yet");
    assert_eq!(asked, domain);
    let host = text(&domain, "verification_host");
    dns.add_txt(&host, &["another proof"]);
    dns.add_txt(&host, &[&format!("{proof}0")]);
    let asked = admin.done("POST", &verify, None).await;
    assert_eq!(asked["status"], "pending", "there are only others");
    assert_eq!(asked["txt_found"], json!(["another proof", format!("{proof}0")]));
    dns.add_txt(&host, &[&proof[..10], &proof[10..]]);
    assert_eq!(admin.done("POST", &verify, None).await["status"], "verified");
    assert_eq!(admin.get(&one).await["status"], "verified");

    let by_hand = admin.create(&path, json!({ "domain": "acme.test", "status": "verified" })).await;
    assert_eq!(by_hand["status"], "verified", "an administrator may vouch for a domain");
    let by_hand = format!("{path}/{}", id(&by_hand));
    let changed = admin.update(&by_hand, json!({ "status": "pending", "use_for_organization_discovery": false })).await;
    assert_eq!((&changed["status"], &changed["use_for_organization_discovery"]), (&json!("pending"), &json!(false)));
    assert_eq!(admin.get(&by_hand).await, changed);

    let told: Vec<Value> = admin.get("/logs?sort=date:1&q=description:*discovery*").await.as_array().unwrap().clone();
    let told: Vec<&str> = told.iter().map(|event| event["description"].as_str().unwrap()).collect();
    assert_eq!(
        told,
        [
            "Create a discovery domain: acme.example",
            "Verify a discovery domain: acme.example",
            "Create a discovery domain: acme.test",
            "Modify a discovery domain: acme.test",
        ]
    );
}

async fn a_domain_has_one_form_and_stands_once_in_an_organization(mode: Mode) {
    let gateway = Gateway::start_with(mode, "management.request_burst = 1000").await;
    let admin = &gateway.admin;
    let (acme, globex) = (admin.organization("acme").await, admin.organization("globex").await);
    let path = format!("/organizations/{acme}/discovery-domains");
    let munich = admin.create(&path, json!({ "domain": "MÜNCHEN.example" })).await;
    assert_eq!(munich["domain"], "xn--mnchen-3ya.example");
    for name in ["m%C3%BCnchen.example", "XN--MNCHEN-3YA.example"] {
        assert_eq!(admin.get(&format!("{path}/name/{name}")).await, munich);
    }
    for taken in ["münchen.EXAMPLE", "xn--mnchen-3ya.example"] {
        let page = admin.call("POST", &path, Some(json!({ "domain": taken }))).await;
        assert_eq!(page.status, 409, "{taken}");
    }
    admin.create(&format!("/organizations/{globex}/discovery-domains"), json!({ "domain": "münchen.example" })).await;
    for wrong in [
        json!({ "domain": "acme" }),
        json!({ "domain": "192.0.2.1" }),
        json!({ "domain": "acme.example." }),
        json!({ "domain": "*.acme.example" }),
        json!({ "domain": "acme%2eexample" }),
        json!({ "domain": "ada@acme.example" }),
        json!({ "domain": "acme.example/path" }),
        json!({ "domain": null }),
        json!({}),
        json!({ "domain": "acme.example", "status": "failed" }),
        json!({ "domain": "acme.example", "verification_txt": "mine" }),
    ] {
        let page = admin.call("POST", &path, Some(wrong.clone())).await;
        assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("invalid_body")), "{wrong}");
    }

    for number in 1..100 {
        admin.create(&path, json!({ "domain": format!("d{number}.example") })).await;
    }
    let page = admin.call("POST", &path, Some(json!({ "domain": "d100.example" }))).await;
    assert_eq!((page.status, &page.json()["errorCode"]), (403, &json!("too_many_entities")));
    let first = admin.get(&format!("{path}?take=60")).await;
    let second = admin.get(&format!("{path}?take=60&from={}", text(&first, "next"))).await;
    assert_eq!(first["domains"].as_array().unwrap().len() + second["domains"].as_array().unwrap().len(), 100);
    assert_eq!(second.get("next"), None);

    let one = format!("{path}/{}", id(&munich));
    assert_eq!(admin.call("DELETE", &one, None).await.status, 204);
    assert_eq!(admin.call("DELETE", &one, None).await.status, 204);
    for gone in [one.as_str(), &format!("{path}/name/xn--mnchen-3ya.example"), &format!("{path}/name/%2e")] {
        assert_eq!(admin.call("GET", gone, None).await.status, 404, "{gone}");
    }
    let elsewhere = format!("/organizations/{globex}/discovery-domains/{}", id(&first["domains"][1]));
    assert_eq!(admin.call("PATCH", &elsewhere, Some(json!({ "status": "verified" }))).await.status, 404);
}

#[tokio::test]
async fn a_dns_that_does_not_answer_is_said() {
    // A port that nobody listens on.
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, &format!("management.dns_server = \"{silent}\"")).await;
    let acme = gateway.admin.organization("acme").await;
    let path = format!("/organizations/{acme}/discovery-domains");
    let domain = gateway.admin.create(&path, json!({ "domain": "acme.example" })).await;
    let page = gateway.admin.call("POST", &format!("{path}/{}/verify", id(&domain)), None).await;
    assert_eq!((page.status, page.header("retry-after")), (503, Some("5")));
    assert_eq!(gateway.admin.get(&format!("{path}/{}", id(&domain))).await, domain);
}
