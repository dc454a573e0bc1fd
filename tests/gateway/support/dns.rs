//! A DNS server of the outside world, over UDP, whose TXT records a test sets.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::TXT;
use hickory_resolver::proto::rr::{RData, Record};
use tokio::net::UdpSocket;
use tokio::task::AbortHandle;

pub struct Dns {
    pub address: SocketAddr,
    /// The records of each name, in lower case and without the last dot.
    records: Arc<Mutex<HashMap<String, Vec<TXT>>>>,
    task: AbortHandle,
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Dns {
    pub async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let records: Arc<Mutex<HashMap<String, Vec<TXT>>>> = Arc::default();
        let known = records.clone();
        let serve = async move {
            let mut packet = [0; 4096];
            loop {
                let (length, from) = socket.recv_from(&mut packet).await.unwrap();
                let question = Message::from_vec(&packet[..length]).unwrap();
                let answer = answer(question, &known.lock().unwrap());
                socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
            }
        };
        Self { address, records, task: tokio::spawn(serve).abort_handle() }
    }

    /// Adds a record whose text is these pieces.
    pub fn add_txt(&self, host: &str, pieces: &[&str]) {
        let txt = TXT::new(pieces.iter().map(|piece| (*piece).to_owned()).collect());
        self.records.lock().unwrap().entry(host.to_lowercase()).or_default().push(txt);
    }

    /// A setting that makes the gateway ask this server.
    pub fn setting(&self) -> String {
        format!("management.dns_server = \"{}\"\n", self.address)
    }
}

fn answer(question: Message, records: &HashMap<String, Vec<TXT>>) -> Message {
    let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
    for query in question.queries {
        let name = query.name().to_ascii().to_lowercase();
        match records.get(name.trim_end_matches('.')) {
            None => answer.metadata.response_code = ResponseCode::NXDomain,
            Some(texts) => {
                for txt in texts {
                    answer.add_answer(Record::from_rdata(query.name().clone(), 60, RData::TXT(txt.clone())));
                }
            }
        }
        answer.add_query(query);
    }
    answer
}
