//! Documents of servers, read and written again: the same text, member by member. As ZOO-Project (2024 and
//! today), pygeoapi and the draft of version 2.0 write them.

use eoap::{Conformance, JobList, LandingPage, Process, ProcessList, ProcessSummary, Results, Status, StatusInfo};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

macro_rules! answers {
    ($($kind:ty: $($name:literal),+;)+) => {
        /// Every recorded answer: its name, its text, and what reads and writes it.
        const ANSWERS: &[(&str, &str, fn(&Value) -> String)] = &[
            $($((
                $name,
                include_str!(concat!("../data/answers/", $name, ".json")),
                rewrite::<$kind>,
            ),)+)+
        ];
    };
}

answers! {
    StatusInfo: "zoo-2024-running", "zoo-2024-progress", "zoo-2024-successful", "zoo-created", "zoo-dismissed",
        "zoo-dismissed-without-database", "zoo-failed", "pygeoapi-status", "draft-status";
    JobList: "zoo-jobs";
    LandingPage: "zoo-landing-page";
    Conformance: "zoo-conformance";
    ProcessList: "zoo-processes", "pygeoapi-processes";
    ProcessSummary: "zoo-deployed";
    Process: "zoo-process", "pygeoapi-process", "draft-process";
}

fn rewrite<T: DeserializeOwned + Serialize>(document: &Value) -> String {
    let typed: T = serde_json::from_str(&document.to_string()).unwrap_or_else(|error| panic!("{error}: {document}"));
    serde_json::to_string(&typed).expect("JSON")
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn answer<T: DeserializeOwned>(name: &str) -> T {
    let (_, text, _) = ANSWERS.iter().find(|(other, ..)| *other == name).expect("a recorded answer");
    serde_json::from_str(text).expect(name)
}

#[test]
fn recorded_answers_come_back_as_they_were() {
    for (name, text, rewrite) in ANSWERS {
        let document = parse(text);
        assert_eq!(rewrite(&document), document.to_string(), "{name}");
    }
    let results = include_str!("../data/answers/zoo-results.json");
    assert_eq!(Results::from_json(results).expect("results").to_string(), parse(results).to_string());
}

#[test]
fn what_a_notebook_looks_at_has_a_name() {
    let ended: StatusInfo = answer("zoo-2024-successful");
    assert_eq!((ended.logs().count(), ended.duration().map(|time| time.as_secs())), (10, Some(210)));
    assert!(ended.link("results").is_some() && ended.progress().is_none());
    assert_eq!(answer::<StatusInfo>("zoo-failed").job_type.as_deref(), Some("unknown"));
    assert_eq!(answer::<StatusInfo>("draft-status").progress(), Some(12.5));

    let jobs: JobList = answer("zoo-jobs");
    assert_eq!((jobs.number_total(), &jobs.jobs[0].status), (Some(3), &Status::Other("paused".into())));

    let process: Process = answer("zoo-process");
    assert_eq!((process.id.as_str(), process.version.as_deref()), ("water-bodies", Some("1.0.0")));
    let required: Vec<&str> =
        process.input_descriptions().filter(|(_, input)| input.is_required()).map(|(name, _)| name).collect();
    assert_eq!(required, ["aoi", "stac_items"]);
    assert_eq!(process.output("stac_catalog").expect("output").type_name(), "object");
}

#[test]
fn tables_read_well() {
    assert_eq!(
        answer::<ProcessList>("zoo-processes").to_string(),
        "process  title  version  mutable  runs as\n\
         hi       Hi     2.0.0    false    sync-execute, async-execute, dismiss"
    );
    assert_eq!(
        answer::<JobList>("zoo-jobs").to_string(),
        "job                                   process       status  progress  seconds  created                   message\n\
         bfafdb8e-902c-11ef-a29c-8e55bd0a3308  water-bodies  paused                     2024-10-22T04:18:54.378Z"
    );
    let process = answer::<Process>("zoo-process").to_string();
    for line in [
        "Water bodies detection based on NDWI and otsu threshold\n",
        "\nauthor           Jane Doe\n",
        "\n\nInputs\ninput       type           required  occurs  default",
        "\nepsg        string | null  no        0..1    EPSG:4326        EPSG code\n",
        "\n\nOutputs\noutput        type    title\nstac_catalog  object  stac_catalog",
    ] {
        assert!(process.contains(line), "{line:?} is not in\n{process}");
    }
    let conformance = answer::<Conformance>("zoo-conformance").to_string();
    assert!(conformance.contains("\nogcapi-processes-2  1.0      deploy-replace-undeploy"), "{conformance}");
    let landing_page = answer::<LandingPage>("zoo-landing-page").to_string();
    assert!(landing_page.contains("\nservice-desc  the API definition"), "{landing_page}");
}

#[test]
fn odd_members_are_read_as_near_as_can_be() {
    let process: Process = serde_json::from_value(json!({
        "id": 7, "version": 1.5, "title": {"en": "Water"}, "mutable": "true", "keywords": "water", "jobControlOptions": "sync-execute",
        "metadata": {"role": "author"}, "links": {"href": "http://h/x", "rel": "self"},
        "inputs": [{"id": "aoi", "schema": {"type": "string"}}, {"name": "epsg"}, 3]
    }))
    .expect("a process");
    assert_eq!((process.id.as_str(), process.version.as_deref(), process.title.as_deref()), ("7", Some("1.5"), None));
    assert_eq!((process.mutable, process.keywords.as_slice()), (Some(true), ["water".to_owned()].as_slice()));
    assert_eq!((process.job_control_options.len(), process.metadata.len(), process.links.len()), (1, 1, 1));
    let inputs: Vec<_> = process.input_descriptions().map(|(id, input)| (id.to_owned(), input.type_name())).collect();
    assert_eq!(inputs, [("aoi".to_owned(), "string".to_owned()), ("epsg".to_owned(), String::new())]);

    let status: StatusInfo =
        serde_json::from_value(json!({"jobID": 12, "status": "running", "progress": "33 %", "links": null})).expect("a status");
    assert_eq!((status.id(), status.progress()), (Some("12"), Some(33.0)));

    // A process without an id cannot be requested. Those next to it can.
    let list = json!({"processes": [{"title": "no id"}, "text", {"id": "a", "links": "none"}], "links": []});
    let processes: ProcessList = serde_json::from_value(list.clone()).expect("a list");
    assert_eq!(processes.processes.iter().map(|process| process.id.as_str()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(serde_json::to_string(&processes).expect("JSON"), list.to_string());
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((".{0,4}", inner), 0..4).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    /// A member of a type other than the standard's, in the document or in an entry of one of its lists. The
    /// document can be read and is written unchanged.
    #[test]
    fn odd_members_are_kept_and_make_nothing_unusable(
        index in 0..ANSWERS.len(),
        list in prop::option::of(any::<prop::sample::Index>()),
        member in any::<prop::sample::Index>(),
        odd in any_value(),
    ) {
        let (_, text, rewrite) = ANSWERS[index];
        let mut document = parse(text);
        let lists: Vec<String> = document
            .as_object()
            .expect("object")
            .iter()
            .filter(|(_, value)| value.get(0).is_some_and(Value::is_object))
            .map(|(name, _)| name.clone())
            .collect();
        let object = match list {
            Some(list) if !lists.is_empty() => &mut document[&lists[list.index(lists.len())]][0],
            _ => &mut document,
        };
        let names: Vec<String> = object.as_object().expect("object").keys().cloned().collect();
        let name = &names[member.index(names.len())];
        // Without these, the document is invalid, or an entry of a list cannot be requested.
        prop_assume!(!["id", "status", "processes", "jobs", "conformsTo"].contains(&name.as_str()));
        object[name] = odd;
        prop_assert_eq!(rewrite(&document), document.to_string());
    }

    /// Members that nobody has heard of, anywhere in a document whose own members come in any order.
    #[test]
    fn unknown_members_survive_in_their_places(
        index in 0..ANSWERS.len(),
        unknown in prop::collection::vec(("x-[a-z]{0,4}", any_value()), 0..5),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let (_, text, rewrite) = ANSWERS[index];
        let mut members: Vec<(String, Value)> = parse(text).as_object().expect("object").clone().into_iter().collect();
        members.extend(unknown);
        for (position, place) in places.iter().enumerate() {
            let other = place.index(members.len());
            let position = position % members.len();
            members.swap(position, other);
        }
        let document = Value::Object(members.into_iter().collect::<Map<_, _>>());
        prop_assert_eq!(rewrite(&document), document.to_string());
    }
}
