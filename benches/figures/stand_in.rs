//! A stand-in for the Management API that answers at once: what a real one said once, for every organization.
//!
//! The first question of each kind goes to a real server about the first seeded organization; what it answers is
//! kept, and said of any other organization with that one's numbers.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::Outcome;

/// A running stand-in, in a thread of its own beside the load; ends with this value.
pub(crate) struct StandIn {
    pub(crate) address: SocketAddr,
    room: Arc<Room>,
    _alive: oneshot::Sender<()>,
}

struct Room {
    /// The real server's API, and who asks there.
    real: String,
    token: String,
    client: reqwest::Client,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By the question about the first organization.
    answers: HashMap<String, (StatusCode, String)>,
    /// What was asked since somebody wanted to know.
    asked: Vec<String>,
}

impl StandIn {
    pub(crate) fn start(real: SocketAddr, token: String) -> Outcome<Self> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let room = Arc::new(Room { real: format!("http://{real}"), token, client, state: Mutex::default() });
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (alive, ended) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serving = room.clone();
        std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    ended = serve(listener, serving) => ended,
                    _ = ended => Ok(()),
                }
            })
        });
        Ok(Self { address, room, _alive: alive })
    }

    /// The questions since the last time, about whichever organization.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.room.state().asked)
    }
}

async fn serve(listener: std::net::TcpListener, room: Arc<Room>) -> Outcome<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(converse(stream, room.clone()));
    }
}

async fn converse(stream: TcpStream, room: Arc<Room>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let room = room.clone();
        async move {
            let question = request.uri().path_and_query().map_or("/", |it| it.as_str());
            let (status, body) = room.answer(question).await.unwrap_or_else(|error| {
                eprintln!("   the stand-in cannot answer {question}: {error}");
                (StatusCode::INTERNAL_SERVER_ERROR, String::new())
            });
            let mut response = Response::new(Full::new(Bytes::from(body)));
            *response.status_mut() = status;
            let json = header::HeaderValue::from_static("application/json");
            response.headers_mut().insert(header::CONTENT_TYPE, json);
            Ok::<_, Infallible>(response)
        }
    });
    // A connection that its client ends in the middle is none of our concern.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

impl Room {
    async fn answer(&self, question: &str) -> Outcome<(StatusCode, String)> {
        if question == "/oauth/token" {
            let token = r#"{"access_token":"stand-in","token_type":"Bearer","expires_in":86400}"#;
            return Ok((StatusCode::OK, token.to_owned()));
        }
        let number = number_in(question);
        let about_first = number.map_or_else(|| question.to_owned(), |number| about(question, number, 1));
        let known = {
            let mut state = self.state();
            state.asked.push(question.to_owned());
            state.answers.get(&about_first).cloned()
        };
        let (status, body) = match known {
            Some(known) => known,
            None => self.ask_real(about_first).await?,
        };
        Ok((status, number.map_or_else(|| body.clone(), |number| about(&body, 1, number))))
    }

    async fn ask_real(&self, question: String) -> Outcome<(StatusCode, String)> {
        let request = self.client.get(format!("{}{question}", self.real)).bearer_auth(&self.token);
        let response = request.send().await?;
        let answer = (response.status(), response.text().await?);
        self.state().answers.insert(question, answer.clone());
        Ok(answer)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The seeded organization that a text is about.
fn number_in(text: &str) -> Option<u32> {
    let after = |mark: &str, digits: usize| {
        let (_, rest) = text.split_once(mark)?;
        rest.get(..digits)?.parse().ok()
    };
    after("org_", 16).or_else(|| after("org-", 7)).or_else(|| after("con_", 16))
}

/// The same text about another seeded organization.
pub(crate) fn about(text: &str, from: u32, to: u32) -> String {
    let long = |number: u32| format!("{number:016}");
    // The short form is in the long one, so it is looked for where it stands alone.
    let short = ["org-", "own-", "Company "];
    let replaced = text.replace(&long(from), &long(to));
    short.iter().fold(replaced, |text, mark| text.replace(&format!("{mark}{from:07}"), &format!("{mark}{to:07}")))
}
