// Threads and what they share.
// %%
use std::sync::{Arc, Mutex, mpsc};
let shared = Arc::new(Mutex::new(Vec::new()));
// %%
let workers: Vec<_> = (0..4).map(|n| { let shared = shared.clone(); std::thread::spawn(move || shared.lock().unwrap().push(n)) }).collect();
for worker in workers { worker.join().unwrap(); }
// %%
let mut result = shared.lock().unwrap().clone();
result.sort();
result
// %%
let (sender, receiver) = mpsc::channel::<u8>();
// %%
std::thread::scope(|scope| { scope.spawn(|| sender.send(4).unwrap()); });
drop(sender);
// %%
receiver.iter().sum::<u8>()
