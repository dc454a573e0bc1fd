//! The other side of a page: a hyper server that gives one answer to everything.

use std::convert::Infallible;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::Outcome;
use crate::kept::{Kept, Shape, headers, shape};
use crate::process::Side;

/// A bare server and where it listens.
pub(crate) struct Bare {
    pub(crate) side: Side,
    pub(crate) address: SocketAddr,
}

impl Bare {
    /// Answers what `answer` is: an answer as it came over the wire.
    pub(crate) async fn start(answer: &[u8]) -> Outcome<Self> {
        let file = crate::seed::folder().join("answer.http");
        fs::write(&file, answer)?;
        let mut side = Side::start(&["bare", &file.to_string_lossy()])?;
        let address = side.hear()?.parse()?;
        let bare = Self { side, address };
        bare.check(answer).await?;
        Ok(bare)
    }

    /// Both sides must send the same bytes; the order of the lines and the second in `date` aside.
    async fn check(&self, answer: &[u8]) -> Outcome<()> {
        let mut connection = Kept::open(self.address).await?;
        let (at, echoed) = connection.ask(b"GET / HTTP/1.1\r\nHost: bare\r\n\r\n").await?;
        let (wanted, sorted) = (shape(answer)?.ok_or("half an answer")?, |shape: Shape, bytes: &[u8]| {
            let mut lines = headers(&bytes[..shape.head]);
            lines.retain(|(name, _)| name != "date");
            lines.sort();
            lines
        });
        let same =
            at == wanted && sorted(at, echoed) == sorted(wanted, answer) && echoed[at.head..] == answer[wanted.head..];
        if same { Ok(()) } else { Err("the bare server answers something else".into()) }
    }
}

/// The hidden sub-command: serves the answer in a file, and says where.
pub(crate) fn serve(words: &[String]) -> Outcome<ExitCode> {
    let template = Template::read(Path::new(words.first().ok_or("bare needs a file")?))?;
    // As `Runtime::new` in a server's main: as many workers as cores are given, here one.
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(converse(stream, template.clone()));
        }
    })
}

async fn converse(stream: TcpStream, template: Template) {
    let service = service_fn(move |_: Request<Incoming>| {
        let mut response = Response::new(Full::new(template.body.clone()));
        *response.headers_mut() = template.headers.clone();
        std::future::ready(Ok::<_, Infallible>(response))
    });
    // A connection that its client ends in the middle is none of our concern.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

#[derive(Clone)]
struct Template {
    headers: HeaderMap,
    body: Bytes,
}

impl Template {
    fn read(file: &Path) -> Outcome<Self> {
        let answer = fs::read(file)?;
        let shape = shape(&answer)?.filter(|shape| shape.status == 200).ok_or("the answer must be a 200")?;
        let mut map = HeaderMap::new();
        for (name, value) in headers(&answer[..shape.head]) {
            // hyper writes these itself, as it does for us.
            if name != "date" && name != "content-length" {
                map.append(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
            }
        }
        Ok(Self { headers: map, body: Bytes::copy_from_slice(&answer[shape.head..]) })
    }
}
