//! A store whose objects are kept in a folder loses nothing that it has answered, not even when its process
//! is killed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use eoap_testbed::{Scenario, Testbed};
use object_store::aws::AmazonS3;
use object_store::multipart::MultipartStore;
use object_store::path::Path;
use object_store::{Attribute, Attributes, ObjectStore, ObjectStoreExt, PutOptions, PutPayload, TagSet};
use rustix::process::Signal;

use crate::serve::{Served, bucket};
use crate::world::World;

/// Clients that write at once.
const WRITERS: usize = 8;

/// After so many answered writes the process is killed, in the middle of others.
const ANSWERED: usize = 150;

const FIXTURE: &str = "5a0e3b10-c7f5-11ef-8b51-0242ac120002/ndvi.csv";

/// A world with a scenario that keeps its objects.
fn keeping() -> World {
    let world = World::empty();
    world.run(&["scenario", "new", "station"]).exits(0);
    let settings = world.read("station/scenario.toml").replace("[s3]\n", "[s3]\nfolder = \"kept\"\n");
    world.write("station/scenario.toml", &settings);
    world
}

/// The body of the write with this number: of a size of its own, and the same number all through.
fn body(number: u64) -> Vec<u8> {
    number.to_be_bytes().repeat(usize::try_from(1 + number * 7919 % 60_000).unwrap())
}

/// The number of a body that is whole.
fn number(body: &[u8]) -> Option<u64> {
    let number = u64::from_be_bytes(body.get(..8)?.try_into().ok()?);
    (body == self::body(number)).then_some(number)
}

/// Writes until the server is gone, and gives the last number that was answered for each key.
async fn write(store: Arc<AmazonS3>, writer: usize, answered: Arc<AtomicUsize>, kill: impl Fn()) -> BTreeMap<String, u64> {
    let mut last = BTreeMap::new();
    for round in 0_u64.. {
        let key = format!("written/{writer}/{}", round % 5);
        let payload = PutPayload::from(body(round));
        if store.put(&Path::from(key.as_str()), payload).await.is_err() {
            break;
        }
        last.insert(key, round);
        if answered.fetch_add(1, Ordering::SeqCst) + 1 == ANSWERED {
            kill();
        }
    }
    last
}

#[tokio::test]
async fn a_killed_process_has_lost_no_write_that_it_has_answered() {
    let world = keeping();
    let served = Served::of(&world, "station", &["--quiet"]);
    let store = Arc::new(bucket(&served, "results"));
    let part = |byte: u8| PutPayload::from(vec![byte; 5 << 20]);
    let in_parts = Path::from("in-parts");
    let upload = store.create_multipart(&in_parts).await.unwrap();
    let first = store.put_part(&in_parts, &upload, 0, part(1)).await.unwrap();
    let mut tags = TagSet::default();
    tags.push("season", "spring");
    let attributes = Attributes::from_iter([(Attribute::Metadata("station".into()), "Oroville")]);
    let options = PutOptions { attributes, tags, ..PutOptions::default() };
    store.put_opts(&Path::from("described"), "text".into(), options).await.unwrap();
    store.delete(&Path::from(FIXTURE)).await.unwrap();

    let answered = Arc::new(AtomicUsize::new(0));
    let served = Arc::new(Mutex::new(served));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let served = Arc::clone(&served);
            let kill = move || served.lock().unwrap().signal(Signal::KILL);
            tokio::spawn(write(Arc::clone(&store), writer, Arc::clone(&answered), kill))
        })
        .collect();
    let mut written = BTreeMap::new();
    for writer in writers {
        written.extend(writer.await.unwrap());
    }
    let (code, _) = Arc::into_inner(served).unwrap().into_inner().unwrap().end();
    assert_eq!(code, None, "it was killed");
    assert!(answered.load(Ordering::SeqCst) >= ANSWERED && written.len() == WRITERS * 5);

    let served = Served::of(&world, "station", &["--quiet"]);
    let store = bucket(&served, "results");
    for (key, answered) in written {
        let found = store.get(&Path::from(key.as_str())).await.unwrap().bytes().await.unwrap();
        let found = number(&found).unwrap_or_else(|| panic!("{key} is not whole"));
        // A later write may be there that nobody got an answer to.
        assert!(found >= answered, "{key}: {answered} was answered, and {found} is there");
    }
    let described = store.get(&Path::from("described")).await.unwrap();
    assert_eq!(described.attributes.get(&Attribute::Metadata("station".into())).map(AsRef::as_ref), Some("Oroville"));
    assert_eq!(described.bytes().await.unwrap(), "text");
    assert!(store.head(&Path::from(FIXTURE)).await.is_err(), "what was deleted is not there again");
    // The upload goes on where it was.
    let second = store.put_part(&in_parts, &upload, 1, part(2)).await.unwrap();
    store.complete_multipart(&in_parts, &upload, vec![first, second]).await.unwrap();
    let whole = store.get(&in_parts).await.unwrap().bytes().await.unwrap();
    assert_eq!((whole.len(), whole[0], whole[whole.len() - 1]), (10 << 20, 1, 2));
    assert_eq!(served.close().0, Some(0));
}

#[test]
fn one_testbed_has_the_folder_and_tests_have_objects_of_their_own() {
    let world = keeping();
    let served = Served::of(&world, "station", &["--quiet"]);
    let second = world.run(&["serve", "station", "--", "true"]);
    second.exits(96);
    assert!(second.stderr.contains("kept: another testbed keeps its objects there"), "{}", second.stderr);
    // As `nbsnap test` starts them, a notebook each.
    let scenario = Scenario::load(&world.path("station")).unwrap().in_memory();
    let testbeds = [Testbed::start(&scenario).unwrap(), Testbed::start(&scenario).unwrap()];
    drop(testbeds);
    assert_eq!(served.close().0, Some(0));
}
