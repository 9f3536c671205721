//! Any markup is compared with any other: it is the same as itself, and neither order changes the answer; no panic, no hang.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use nbsnap::config::Config;
use nbsnap::document::Document;
use nbsnap::document::diff::differences;

const KINDS: [&str; 4] = ["text/html", "image/svg+xml", "application/xml", "application/json"];

fn notebook(mime: &str, content: &str) -> Document {
    let output = serde_json::json!({ "output_type": "display_data", "data": { mime: content }, "metadata": {} });
    let cell = serde_json::json!({ "cell_type": "code", "id": "a", "execution_count": null, "metadata": {}, "outputs": [output], "source": "" });
    let notebook = serde_json::json!({ "cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5 });
    Document::parse(Path::new("a.ipynb"), notebook.to_string()).expect("a notebook")
}

fuzz_target!(|input: &str| {
    // Parts are divided by zeros.
    let mut parts = input.split('\0');
    let mut part = || parts.next().unwrap_or_default().to_owned();
    let (one, other, kind) = (part(), part(), part());
    let kind = KINDS[kind.len() % KINDS.len()];
    let (one, other) = (notebook(kind, &one), notebook(kind, &other));
    let config = Config::default();
    let differ = |one: &Document, other: &Document| !differences(Path::new("/"), &config, one, other).expect("no rules of its own").is_empty();
    assert!(!differ(&one, &one) && !differ(&other, &other));
    assert_eq!(differ(&one, &other), differ(&other, &one));
});
