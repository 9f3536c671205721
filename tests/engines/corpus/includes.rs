// What is included is looked for beside the program, not beside the notebook.
// %% raises-exception
include_str!("includes.rs").len() > 10
