//! The outcome of a cell: outputs, errors, and messages in any order.

use std::time::Duration;

use nbsnap::record::Failure;

use crate::world::{World, displayed, kind};

pub(crate) const TESTS: &[(&str, fn())] = &[
    ("outputs_are_put_together", outputs_are_put_together),
    ("displays_are_updated_by_their_ids", displays_are_updated_by_their_ids),
    ("what_was_cleared_was_not_shown", what_was_cleared_was_not_shown),
    ("an_error_has_its_name_and_its_traceback", an_error_has_its_name_and_its_traceback),
    ("an_error_that_the_reply_knows_nothing_of_is_shown", an_error_that_the_reply_knows_nothing_of_is_shown),
    ("a_reply_may_come_before_the_outputs", a_reply_may_come_before_the_outputs),
    ("a_stream_may_come_after_idle", a_stream_may_come_after_idle),
    ("unknown_messages_and_missing_members_hurt_nothing", unknown_messages_and_missing_members_hurt_nothing),
    ("a_message_with_a_wrong_signature_is_no_message", a_message_with_a_wrong_signature_is_no_message),
    ("a_question_is_red_and_answered_with_nothing", a_question_is_red_and_answered_with_nothing),
    ("what_comes_late_is_the_cells_before", what_comes_late_is_the_cells_before),
    ("too_much_output_is_a_failure_and_ends_the_cell", too_much_output_is_a_failure_and_ends_the_cell),
    ("a_slow_cell_is_interrupted_by_a_message", a_slow_cell_is_interrupted_by_a_message),
    ("a_slow_cell_is_interrupted_by_a_signal", a_slow_cell_is_interrupted_by_a_signal),
    ("a_kernel_that_does_not_stop_is_killed", a_kernel_that_does_not_stop_is_killed),
];

fn outputs_are_put_together() {
    let record = World::new().run_cell("stdout one\nstderr two\nstdout three\ndisplay - four\nresult five");
    assert_eq!((record.stdout.as_str(), record.stderr.as_str(), &record.failure), ("one\nthree\n", "two\n", &None));
    assert_eq!(displayed(&record), ["four", "five"]);
}

fn displays_are_updated_by_their_ids() {
    let outcome = World::new().run(&["display a 1\ndisplay b 2\ndisplay a 3\nupdate a 4", "update b 5"]);
    assert_eq!(displayed(&outcome.records[0]), ["4", "2", "4"]);
    assert_eq!(displayed(&outcome.records[1]), ["5"], "the cell before is told already: this one shows it");
}

fn what_was_cleared_was_not_shown() {
    let world = World::new();
    let record = world.run_cell("stdout one\ndisplay - two\nclear\nstdout three");
    assert_eq!((record.stdout.as_str(), displayed(&record).len()), ("three\n", 0));
    assert_eq!(world.run_cell("stdout one\nclear wait").stdout, "one\n");
    assert_eq!(world.run_cell("stdout one\nclear wait\nstdout two\nstdout three").stdout, "two\nthree\n");
}

fn an_error_has_its_name_and_its_traceback() {
    let record = World::new().run_cell("stdout before\nerror ValueError no good");
    assert_eq!(record.stdout, "before\n");
    let Some(Failure::Exception { name, value, traceback, line }) = record.failure else { panic!("{record:?}") };
    assert_eq!((name.as_str(), value.as_str(), line), ("ValueError", "no good", Some(2)));
    assert_eq!(traceback, ["Cell In[1], line 2", "ValueError: no good"]);
}

fn an_error_that_the_reply_knows_nothing_of_is_shown() {
    let content = r#"{"ename": "E", "evalue": "v", "traceback": ["one", "two"]}"#;
    let record = World::new().run_cell(&format!("other error {content}"));
    assert_eq!((record.stderr.as_str(), record.failure), ("one\ntwo\n", None));
}

fn a_reply_may_come_before_the_outputs() {
    let outcome = World::new().run(&["reply\nstall 60\nstdout one\nresult two", "stdout three"]);
    assert_eq!((outcome.records[0].stdout.as_str(), displayed(&outcome.records[0])), ("one\n", vec!["two"]));
    assert_eq!(outcome.records[1].stdout, "three\n");
}

fn a_stream_may_come_after_idle() {
    let outcome = World::new().run(&["reply\nidle\nstdout one\nstderr two", "stdout three"]);
    assert_eq!((outcome.records[0].stdout.as_str(), outcome.records[0].stderr.as_str()), ("one\n", "two\n"));
    assert_eq!((outcome.records[1].stdout.as_str(), outcome.late.as_str()), ("three\n", ""));
}

fn unknown_messages_and_missing_members_hurt_nothing() {
    let bare = r#"other display_data {"data": {"text/plain": "bare", "application/x": {"b": 1}}}"#;
    let record = World::new().run_cell(&format!("other nbsnap_no_such_message {{}}\nother status {{}}\n{bare}\nstdout end"));
    assert_eq!((record.stdout.as_str(), displayed(&record), &record.failure), ("end\n", vec!["bare"], &None));
    assert_eq!(record.outputs["application/x"], r#"{"b":1}"#);
}

fn a_message_with_a_wrong_signature_is_no_message() {
    let record = World::new().run_cell("stdout one\nforged\nstdout two");
    assert_eq!(kind(&record), "engine failure");
    assert!(record.failure.unwrap().to_string().contains("sent a malformed message"));
}

fn a_question_is_red_and_answered_with_nothing() {
    let record = World::new().run_cell("ask your name?");
    assert_eq!(record.failure, Some(Failure::InputRequest { prompt: "your name?".into() }));
    assert_eq!(record.stdout, "given \"\"\n", "the kernel goes on");
}

fn what_comes_late_is_the_cells_before() {
    let outcome = World::new().run(&["stdout one", "late two\nstdout three"]);
    assert_eq!((outcome.records[1].stdout.as_str(), outcome.late.as_str()), ("three\n", "two\n"));
    // Also after the last cell, if it comes in time.
    let outcome = World::new().run(&["stdout one", "stdout two"]);
    assert_eq!(outcome.late, "");
}

fn too_much_output_is_a_failure_and_ends_the_cell() {
    let outcome = World::new().run(&["much 6000\nmuch 6000\nsleep 20000"]);
    let failure = outcome.records[0].failure.clone();
    assert_eq!(failure, Some(Failure::TooMuchOutput { printed: 12_000, limit: 10_000 }));
    assert_eq!(outcome.records[0].stdout.len(), 6000);
    assert!(outcome.elapsed < Duration::from_secs(15), "it was interrupted");
}

fn a_slow_cell_is_interrupted_by_a_message() {
    slow_cell(World { by_message: true, ..World::new() });
}

fn a_slow_cell_is_interrupted_by_a_signal() {
    slow_cell(World { by_message: false, mode: "interrupted-by-signal", ..World::new() });
}

fn slow_cell(world: World) {
    let limit = Duration::from_millis(400);
    let world = World { cell_timeout: limit, ..world };
    let outcome = world.run(&["stdout before\nsleep 60000\nstdout after"]);
    assert_eq!(outcome.records[0].failure, Some(Failure::Timeout { limit }));
    assert_eq!(outcome.records[0].stdout, "before\n");
    assert!(outcome.elapsed < Duration::from_secs(15), "{:?}: it was interrupted, not waited for", outcome.elapsed);
}

fn a_kernel_that_does_not_stop_is_killed() {
    let limit = Duration::from_millis(200);
    let world = World { cell_timeout: limit, ..World::new() };
    let outcome = world.run(&["stdout before\nstall 60000", "stdout after"]);
    assert_eq!(outcome.records.len(), 1);
    assert_eq!((outcome.records[0].stdout.as_str(), kind(&outcome.records[0])), ("before\n", "timeout"));
    assert!(outcome.elapsed < Duration::from_secs(30), "{:?}", outcome.elapsed);
}
