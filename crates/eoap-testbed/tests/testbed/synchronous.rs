//! Results that are given at once, in every form in which ZOO-Project gives them.

use http::Method;
use serde_json::{Value, json};

use crate::client::{ASYNC, ROOT, Reply, World, scenario};
use crate::scenarios::copied;

async fn run(world: &World, prefer: &str, more: Value) -> Reply {
    let mut body = json!({"inputs": {"name": "Ada"}});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let headers = [("prefer", prefer)];
    let headers = if prefer.is_empty() { &headers[..0] } else { &headers };
    world.send(Method::POST, &format!("{ROOT}/processes/greet/execution"), headers, body.to_string()).await
}

fn content_types(reply: &Reply) -> Vec<&str> {
    reply.headers.get_all("content-type").iter().map(|value| value.to_str().unwrap()).collect()
}

#[tokio::test]
async fn a_document_holds_every_kind_of_output_in_its_own_form() {
    let world = World::of(&scenario("literal"));
    let reply = run(&world, "return=representation", json!({})).await;
    assert_eq!((reply.status, content_types(&reply)), (200, vec!["application/json;charset=UTF-8"]));
    let document = reply.json();
    assert_eq!(document["greeting"], "Hello, Ada!");
    assert_eq!(document["card"], json!({"value": {"to": "Ada", "language": "en", "text": "Hello, Ada!"}}));
    assert_eq!(document["letter"]["format"], json!({"mediaType": "text/plain", "encoding": "utf-8"}));
    assert_eq!(document["stamp"]["format"], json!({"mediaType": "image/png", "encoding": "base64"}));
    // The member of the body wins over the preference.
    assert_eq!(run(&world, "return=minimal", json!({"response": "document"})).await.json(), document);
    assert_eq!(
        run(&world, "return=representation", json!({"outputs": {"greeting": {}}})).await.text(),
        r#"{"greeting":"Hello, Ada!"}"#
    );
    assert_eq!(run(&world, "", json!({"response": "document", "outputs": {}})).await.text(), "{}");
}

#[tokio::test]
async fn one_raw_output_is_the_bare_value_with_the_wrong_content_type() {
    let bare = copied("literal", "scenario.toml", "[server]\n", "[server]\nset-up = \"bare\"\n");
    let (world, bare) = (World::of(&scenario("literal")), World::of(bare.path()));
    for (output, media_type, start) in [
        ("greeting", "text/plain", "Hello, Ada!".as_bytes()),
        ("card", "application/json", br#"{"to":"Ada""#),
        ("letter", "text/plain", b"Dear Ada,\n"),
        ("stamp", "image/png", b"\x89PNG\r\n\x1a\n"),
    ] {
        for transmission in ["value", "reference"] {
            let outputs = json!({"outputs": {output: {"transmissionMode": transmission}}});
            let reply = run(&world, "", outputs).await;
            assert_eq!(reply.status, 200);
            assert_eq!(content_types(&reply), ["application/json;charset=UTF-8"], "Apache keeps the last of two");
            let outputs = json!({"outputs": {output: {"transmissionMode": transmission}}});
            assert_eq!(content_types(&run(&bare, "", outputs).await), [media_type, "application/json;charset=UTF-8"]);
            assert!(reply.body.starts_with(start), "{output}");
        }
    }
}

#[tokio::test]
async fn several_raw_outputs_are_parts_that_no_strict_reader_can_read() {
    let world = World::of(&scenario("literal"));
    let reply = run(&world, "return=minimal", json!({"outputs": {"greeting": {}, "card": {}}})).await;
    let content_type = reply.header("content-type").to_owned();
    let (start, rest) = content_type.split_once("boundary=\"").unwrap();
    let (boundary, rest) = rest.split_once('"').unwrap();
    assert_eq!((start, rest), ("multipart/related; ", "; type=text/plain; start=greeting"));
    let parts: Vec<&str> = reply.text().split(&format!("--{boundary}")).collect();
    assert_eq!(parts.len(), 4);
    let greeting = "\r\nContent-ID: greeting\r\nContent-Type: text/plain; charset=utf-8\r\nStatus: 200 OK\r\n\r\nContent-Disposition: INLINE\r\nHello, Ada!";
    assert_eq!(parts[1], greeting);
    let card = "\r\nContent-ID: card\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Disposition: INLINE\r\n{\"to\":";
    assert!(parts[2].starts_with(card), "{}", parts[2]);
    assert_eq!(parts[3], "--\r\n");
}

#[tokio::test]
async fn a_reference_has_a_format_and_leads_to_the_value() {
    let world = World::of(&scenario("literal"));
    let by_reference = json!({"transmissionMode": "reference"});
    let outputs = json!({"card": by_reference, "stamp": by_reference, "greeting": {}});
    let document = run(&world, "return=representation", json!({"outputs": outputs})).await.json();
    assert_eq!(document["greeting"], "Hello, Ada!");
    assert_eq!(document["card"].as_object().unwrap().keys().collect::<Vec<_>>(), ["href", "format"]);
    assert_eq!(document["stamp"]["format"], json!({"mediaType": "image/png"}));
    let card = document["card"]["href"].as_str().unwrap();
    assert!(card.starts_with("http://zoo-project-dru-service/temp//ZOO_DATA_greet_card_") && card.ends_with("_0.json"), "{card}");
    let card = world.send(Method::GET, card, &[], "").await;
    assert_eq!((card.header("content-type"), &card.json()["to"]), ("application/json", &json!("Ada")));
    let stamp = world.send(Method::GET, document["stamp"]["href"].as_str().unwrap(), &[], "").await;
    assert_eq!((stamp.header("content-type"), &stamp.body[1..4]), ("image/png", b"PNG".as_slice()));
}

#[tokio::test]
async fn single_results_of_a_job() {
    let world = World::of(&scenario("literal"));
    let outputs = json!({"greeting": {}, "stamp": {}, "letter": {"transmissionMode": "reference"}});
    let body = json!({"inputs": {"name": "Ada"}, "outputs": outputs}).to_string();
    let url = format!("{ROOT}/processes/greet/execution");
    let job = world.send(Method::POST, &url, &[ASYNC], body).await.json()["jobID"].as_str().unwrap().to_owned();
    let result = async |output: &str| world.get(&format!("/jobs/{job}/results/{output}")).await;
    assert_eq!(result("greeting").await.json()["title"], "ResultNotReady");
    world.follow(&job).await;

    let greeting = result("greeting").await;
    assert_eq!((greeting.status, greeting.header("content-type"), greeting.text()), (200, "text/plain", "Hello, Ada!"));
    let stamp = result("stamp").await;
    assert_eq!((stamp.header("content-type"), &stamp.body[1..4]), ("image/png", b"PNG".as_slice()));
    let letter = result("letter").await;
    assert_eq!(letter.status, 301);
    let file = world.send(Method::GET, letter.header("location"), &[], "").await;
    assert_eq!((file.status, file.text()), (200, "Dear Ada,\n\nHello!\n"));
    for missing in ["card", "nope"] {
        let reply = result(missing).await;
        assert_eq!((reply.status, &reply.json()["title"]), (404, &json!("NoSuchOutput")));
        assert!(reply.json()["type"].as_str().unwrap().ends_with("/no-such-output"));
    }
    let document = world.get(&format!("/jobs/{job}/results?outputs=greeting")).await.json();
    assert_eq!(document.as_object().unwrap().keys().collect::<Vec<_>>(), ["greeting", "letter", "stamp"]);
    assert_eq!(document["letter"], json!({"href": letter.header("location"), "format": {"mediaType": "text/plain"}}));
}

#[tokio::test]
async fn nobody_cannot_be_greeted() {
    let world = World::of(&scenario("literal"));
    let failed = run(&world, "", json!({"inputs": {"name": "nobody"}})).await;
    assert_eq!((failed.status, &failed.json()["title"]), (500, &json!("NoApplicableCode")));
    let wrong = run(&world, "", json!({"inputs": {"name": "Ada", "language": "xx"}})).await;
    assert_eq!((wrong.status, &wrong.json()["title"]), (500, &json!("NoApplicableCode")));
}
