// What cells read is known from what they ask the system for.
// %%
let text = std::fs::read_to_string("variables.rs").unwrap();
let names = std::fs::read_dir("../cells").unwrap().count();
//= reads cells/variables.rs
//= reads tests/cells/../cells
// %%
let there = std::path::Path::new("./moved.rs").exists();
println!("{there} {}", std::fs::metadata("no/such/file").is_err());
//= stdout true true\n
//= looks cells/moved.rs
//= misses no/such/file
// %%
println!("{}", std::fs::read_to_string("nothing.csv").is_err());
//= stdout true\n
//= misses cells/nothing.csv
// %%
let folder = std::env::temp_dir().join(format!("accesses-{}", std::process::id()));
std::fs::create_dir_all(&folder).unwrap();
std::fs::write(folder.join("part"), "1").unwrap();
std::fs::rename(folder.join("part"), folder.join("whole")).unwrap();
println!("{}", std::fs::read_to_string(folder.join("whole")).unwrap());
std::fs::remove_dir_all(&folder).unwrap();
//= stdout 1\n
//= unread whole
//= unread part
// %%
std::env::set_current_dir("..").unwrap();
let here = std::fs::File::open("semantics.rs").unwrap();
std::thread::spawn(|| std::fs::read("cells/items.rs").unwrap().len()).join().unwrap();
//= reads tests/semantics.rs
//= reads tests/cells/items.rs
// %%
let quiet = include_str!("/etc/hostname").len();
//= reads /etc/hostname
// %%
unsafe extern "C" { fn fopen(path: *const std::ffi::c_char, mode: *const std::ffi::c_char) -> *mut std::ffi::c_void; }
let stream = unsafe { fopen(c"cells/shown.rs".as_ptr(), c"r".as_ptr()) };
println!("{}", !stream.is_null());
//= stdout true\n
//= reads cells/shown.rs
// %%
let began = std::time::Instant::now();
std::thread::sleep(std::time::Duration::from_millis(1));
println!("{}", began.elapsed().as_nanos() > 0);
//= stdout true\n
//= asks nothing
// %%
let now = std::time::SystemTime::now();
//= asks the date
// %%
let status = std::process::Command::new("true").status().unwrap();
//= beyond it starts the program `true`
