//! TLS from PEM files, over the one crypto provider of the house.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::config;
use crate::error::{Context, Fault};

/// The acceptor for the certificate of the settings; `None` serves plain HTTP.
///
/// # Errors
/// Names the file that cannot be read, or says why certificate and key do not go together.
pub fn acceptor(settings: &config::Server) -> Result<Option<TlsAcceptor>, Fault> {
    let (Some(certificate), Some(key)) = (&settings.tls_certificate, &settings.tls_key) else { return Ok(None) };
    let chain = read_chain(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key)
        .context(&format!("server.tls_key: cannot read a private key from {}", key.display()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("choosing TLS versions")?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("server.tls_certificate and server.tls_key cannot be used")?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let context = format!("server.tls_certificate: cannot read a certificate chain from {}", path.display());
    let chain: Vec<_> =
        CertificateDer::pem_file_iter(path).context(&context)?.collect::<Result<_, _>>().context(&context)?;
    if chain.is_empty() { Err(Fault::new(context, "no certificate in it")) } else { Ok(chain) }
}
