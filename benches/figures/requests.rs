//! The requests for a login page, as a browser sends them that comes from the application.

use std::cell::Cell;

/// What a Chromium sends along, without a cookie: nobody has signed in yet.
const BROWSER: &str = "Connection: keep-alive\r\n\
    sec-ch-ua: \"Chromium\";v=\"142\", \"Not_A Brand\";v=\"99\"\r\n\
    sec-ch-ua-mobile: ?0\r\n\
    sec-ch-ua-platform: \"Linux\"\r\n\
    Upgrade-Insecure-Requests: 1\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8\r\n\
    Sec-Fetch-Site: cross-site\r\n\
    Sec-Fetch-Mode: navigate\r\n\
    Sec-Fetch-User: ?1\r\n\
    Sec-Fetch-Dest: document\r\n\
    Referer: https://app.example/\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-US,en;q=0.9\r\n\r\n";

/// Where the application wants its codes.
pub(crate) const CALLBACK: &str = "https://app.example/callback";

/// Whose page the next request is for.
pub(crate) enum Draws {
    /// Always this organization's.
    One(String),
    /// These numbers' in turn, for ever.
    Many(Vec<u32>),
}

/// An endless row of authorize requests, each with a `state` of its own.
pub(crate) struct Requests {
    before: String,
    after: String,
    draws: Draws,
    sent: Cell<usize>,
}

impl Requests {
    pub(crate) fn new(host: &str, client_id: &str, draws: Draws) -> Self {
        let before = format!(
            "GET /authorize?client_id={client_id}&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&response_type=code\
             &scope=openid%20profile%20email&nonce=Zm9yIG9uZSBsb2dpbiBvbmx5&code_challenge_method=S256\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&organization="
        );
        let after = format!(" HTTP/1.1\r\nHost: {host}\r\n{BROWSER}");
        Self { before, after, draws, sent: Cell::new(0) }
    }

    /// Writes the next request.
    pub(crate) fn next(&self, into: &mut Vec<u8>) {
        let number = self.sent.replace(self.sent.get() + 1);
        into.clear();
        into.extend_from_slice(self.before.as_bytes());
        match &self.draws {
            Draws::One(name) => into.extend_from_slice(name.as_bytes()),
            Draws::Many(draws) => {
                into.extend_from_slice(b"org-");
                digits(draws[number % draws.len()], into);
            }
        }
        into.extend_from_slice(b"&state=c3RhdGUtb2Ytb25l");
        digits(u32::try_from(number % 10_000_000).unwrap_or_default(), into);
        into.extend_from_slice(self.after.as_bytes());
    }
}

fn digits(number: u32, into: &mut Vec<u8>) {
    let mut rest = number;
    let mut text = [b'0'; 7];
    for digit in text.iter_mut().rev() {
        *digit += u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
    into.extend_from_slice(&text);
}

/// Numbers from 1 to `most` by Zipf's law with exponent 1: the n-th is drawn 1/n times as often as the first.
pub(crate) fn zipf(most: u32, count: usize) -> Vec<u32> {
    let mut reached = 0.0;
    let steps = (1..=most).map(|number| {
        reached += 1.0 / f64::from(number);
        reached
    });
    let steps: Vec<f64> = steps.collect();
    // Popular organizations are not those that were made first.
    let place = |rank: usize| u32::try_from((rank as u64 * 7919) % u64::from(most)).unwrap_or_default() + 1;
    let mut random = Random::new();
    let draw = |_| place(steps.partition_point(|step| *step < random.unit() * reached));
    (0..count).map(draw).collect()
}

/// xorshift64*: the same draws in every run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    /// From 0 up to 1.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1u64 << 53) as f64
    }
}
