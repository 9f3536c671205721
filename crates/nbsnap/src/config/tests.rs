use super::*;

fn resolve(text: &str, profile: &str) -> Result<Config, ConfigError> {
    Config::resolve(Path::new("nbsnap.toml"), text, profile)
}

fn refused(text: &str) -> String {
    resolve(text, DEFAULT_PROFILE).unwrap_err().to_string()
}

#[test]
fn what_is_built_in_is_what_the_type_says_it_is() {
    let mut built_in = resolve("", DEFAULT_PROFILE).unwrap();
    assert_eq!(built_in.redactions["paths"], Toggle::On(Scope::default()));
    assert_eq!(built_in.redactions["dates"], Toggle::Off);
    // The table of rules says which are on, and so does the file that documents them.
    for rule in crate::redact::BUILT_IN_RULES {
        let on = matches!(built_in.redactions.get(rule.name), Some(Toggle::On(_)));
        assert_eq!(on, rule.is_on, "{}", rule.name);
    }
    assert_eq!(built_in.redactions.len(), crate::redact::BUILT_IN_RULES.len());
    built_in.redactions.clear();
    assert_eq!(std::mem::take(&mut built_in.engine).len(), 1);
    assert_eq!(format!("{built_in:#?}"), format!("{:#?}", Config::default()));
}

#[test]
fn what_a_file_shows_in_comments_can_be_written() {
    let shown: String = BUILT_IN
        .lines()
        .filter_map(|line| {
            line.strip_prefix("#     ")
                .or(line.strip_prefix("# ").filter(|line| line.starts_with("max-memory") || line.starts_with("jobs")))
        })
        .filter(|line| !line.starts_with("uuids") && !line.starts_with("scenario"))
        .map(|line| format!("{line}\n"))
        .collect();
    let config = resolve(&shown, DEFAULT_PROFILE).unwrap();
    assert_eq!((config.redact.len(), config.compare.len()), (1, 1), "{shown}");
    assert_eq!(config.max_memory, Some(4 << 30));
    assert_eq!(config.compare[0].relative, Some(1e-6));
}

#[test]
fn settings_are_read_and_what_is_no_setting_is_named_with_what_was_meant() {
    let text = "cell-timeout = \"90s\"\nmax-output = 4096\n[build]\noptimize = [\"tiff\"]\n[environment]\nx = 1";
    let config = resolve(text, DEFAULT_PROFILE).unwrap();
    assert_eq!((config.cell_timeout, config.max_output), (Duration::from_secs(90), 4096));
    assert_eq!((config.build.opt_level.as_str(), config.build.optimize[0].as_str()), ("0", "tiff"));
    assert_eq!(config.environment["x"].as_integer(), Some(1));
    let message = refused("fresh = true\ncell-timeuot = \"90s\"");
    assert!(message.contains("line 2") && message.ends_with("did you mean `cell-timeout`?"), "{message}");
    assert!(refused("cell-timeout = \"soon\"").contains("`soon` is no duration"));
    assert!(refused("max-memory = \"lots\"").contains("max-memory"));
    assert!(refused("[redactions]\nuuid = true").ends_with("has no rule `uuid`, only paths, ports, thread-ids, generated-lines, backtraces, durations, dates, uuids, object-addresses, addresses; did you mean `uuids`?"));
    assert!(refused("[redactions]\nuuids = 1").contains("expected true, false or a place"));
    assert!(refused("[[compare]]\npixels = 3").ends_with("`pixels` must be from 0 to 1, not 3"));
    assert!(
        refused("[[redact]]\nname = \"x\"\npattern = \"x\"\nreplace = \"\"\nonly = { notebok = \"x\" }")
            .ends_with("did you mean `notebook`?")
    );
    assert!(refused("[profile.ci]\nretires = 1").ends_with("did you mean `retries`?"));
    assert!(refused("[profile.a.profile.b]\nretries = 1").contains("profile `a` has profiles of its own"));
}

#[test]
fn profiles_lie_over_the_file_and_the_file_over_what_is_built_in() {
    let text = "retries = 1\ncell-timeout = \"5s\"\n[[redact]]\nname = \"a\"\npattern = \"a\"\nreplace = \"\"\n\
                [profile.default]\nfail-fast = true\n\
                [profile.ci]\nretries = 2\nreport.html = \"x.html\"\n[[profile.ci.redact]]\nname = \"b\"\npattern = \"b\"\nreplace = \"\"\n\
                [profile.night]\nfresh = true";
    let default = resolve(text, DEFAULT_PROFILE).unwrap();
    assert_eq!((default.retries, default.fresh, default.fail_fast), (1, false, true));
    let ci = resolve(text, CI_PROFILE).unwrap();
    assert_eq!((ci.retries, ci.fresh, ci.fail_fast, ci.update), (2, true, true, Update::Never));
    assert_eq!(ci.engine, default.engine, "the verdict is the same everywhere");
    assert_eq!(ci.report.html.as_deref(), Some(Path::new("x.html")));
    assert_eq!(ci.report.junit.as_deref(), Some(Path::new("target/nbsnap/junit.xml")));
    assert_eq!(ci.cell_timeout, Duration::from_secs(5));
    assert_eq!(ci.redact.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert!(resolve(text, "night").unwrap().fresh);
    let message = resolve(text, "nigth").unwrap_err().to_string();
    assert!(message.ends_with("has no profile `nigth`; there are: default, ci, live, night; did you mean `night`?"), "{message}");
}

#[test]
fn a_profile_may_lie_over_another() {
    let text =
        "[profile.default]\nretries = 1\n[profile.night]\ninherits = \"ci\"\nslow-after = \"9s\"\n[profile.ci]\nfail-fast = true";
    let night = resolve(text, "night").unwrap();
    assert_eq!(
        (night.update, night.fail_fast, night.retries, night.slow_after),
        (Update::Never, true, 1, Duration::from_secs(9))
    );
    let circle = "[profile.a]\ninherits = \"b\"\n[profile.b]\ninherits = \"a\"";
    assert!(resolve(circle, "a").unwrap_err().to_string().ends_with("in a circle: a, b"));
    assert!(resolve("[profile.a]\ninherits = \"cii\"", "a").unwrap_err().to_string().ends_with("did you mean `ci`?"));
    assert!(refused("inherits = \"ci\"").contains("only a profile can inherit"));
}

#[test]
fn one_engine_or_several_are_named() {
    let engines = |text: &str| resolve(text, DEFAULT_PROFILE).map(|config| config.engine);
    assert_eq!(engines("engine = \"jupyter\"").unwrap(), [EngineChoice::Jupyter]);
    assert_eq!(engines("engine = [\"evcxr\", \"jupyter\"]").unwrap(), [EngineChoice::Evcxr, EngineChoice::Jupyter]);
    assert!(refused("engine = \"evcxrr\"").ends_with("did you mean `evcxr`?"));
    assert!(refused("engine = []").contains("the list is empty"));
    assert!("evcx".parse::<EngineChoice>().unwrap_err().ends_with("did you mean `evcxr`?"));
}
