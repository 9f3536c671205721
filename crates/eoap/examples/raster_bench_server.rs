//! The testbed's S3 endpoint for `benches/raster.py`, behind a relay that counts requests and bytes: every
//! line on standard input is answered with what was counted since the last one.
//!
//! ```sh
//! cargo run --example raster_bench_server -- SCENARIO PORT
//! ```

#![expect(clippy::print_stdout, reason = "it answers a script")]

use std::{
    io::{BufRead, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use eoap_testbed::{Scenario, Testbed};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

#[derive(Default)]
struct Counted {
    requests: AtomicU64,
    bytes: AtomicU64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (folder, port) = (arguments.next().ok_or("which scenario?")?, arguments.next().ok_or("which port?")?.parse::<u16>()?);
    let testbed = Testbed::start(&Scenario::load(folder.as_ref())?)?;
    let server = testbed.s3_url().trim_start_matches("http://").to_owned();
    let counted = Arc::new(Counted::default());
    let relay = counted.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(serve(port, server, relay));
    });
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        line?;
        println!("{} {}", counted.requests.swap(0, Ordering::Relaxed), counted.bytes.swap(0, Ordering::Relaxed));
        std::io::stdout().flush()?;
    }
    Ok(())
}

async fn serve(port: u16, server: String, counted: Arc<Counted>) {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
    loop {
        let (client, _) = listener.accept().await.expect("a connection");
        let (server, counted) = (server.clone(), counted.clone());
        tokio::spawn(async move {
            let server = TcpStream::connect(server).await.expect("the testbed answers");
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            let ((client_in, client_out), (server_in, server_out)) = (client.into_split(), server.into_split());
            let asked = relay(client_in, server_out, |part| {
                // A request is a line that ends with the version of HTTP.
                let requests = part.windows(11).filter(|line| *line == b" HTTP/1.1\r\n").count() as u64;
                counted.requests.fetch_add(requests, Ordering::Relaxed);
            });
            let answered = relay(server_in, client_out, |part| {
                counted.bytes.fetch_add(part.len() as u64, Ordering::Relaxed);
            });
            tokio::join!(asked, answered);
        });
    }
}

async fn relay(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, mut count: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 256 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        count(&buffer[..length]);
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
