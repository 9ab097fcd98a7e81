//! Who is trusted: the system's certificates, a file's, or everybody.

use core::fmt;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use crate::fact::Trust;

/// A configuration for connections that speak HTTP/1.1. Reads the system's certificates once a process. The error says
/// why the file of certificates cannot be used.
pub(super) fn config(trust: &Trust) -> Result<ClientConfig, String> {
    let trusted = match (&trust.ca_file, trust.any_certificate) {
        (_, true) => Trusted::Everybody,
        (None, false) => Trusted::These(system()),
        (Some(file), false) => {
            let wrong = |error: &dyn fmt::Display| {
                format!("cannot read certificates from {}: {error}", file.display())
            };
            let added = CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))?;
            let added: Result<Vec<_>, _> = added.collect();
            let added = added.map_err(|error| wrong(&error))?;
            if added.is_empty() {
                return Err(wrong(&"there are none in it"));
            }
            Trusted::These(Arc::new(system().and(added)))
        }
    };
    Ok(with(trusted))
}

/// A configuration that trusts everybody: for looking, and where nothing is encrypted.
pub(super) fn unverified() -> ClientConfig {
    with(Trusted::Everybody)
}

fn with(trusted: Trusted) -> ClientConfig {
    let provider = provider();
    let verifier = Verifier {
        trusted,
        provider: Arc::clone(&provider),
    };
    let builder = ClientConfig::builder_with_provider(provider);
    let Ok(builder) = builder.with_safe_default_protocol_versions() else {
        unreachable!("ring has the ciphers of TLS 1.2 and 1.3")
    };
    let mut config = builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    let provider = PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider()));
    Arc::clone(provider)
}

/// The system's certificates, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`.
fn system() -> Arc<Anchors> {
    static SYSTEM: OnceLock<Arc<Anchors>> = OnceLock::new();
    let system = SYSTEM.get_or_init(|| {
        let none = Anchors {
            roots: RootCertStore::empty(),
            certificates: Vec::new(),
        };
        Arc::new(none.and(rustls_native_certs::load_native_certs().certs))
    });
    Arc::clone(system)
}

/// Whether this machine has certificates of authorities.
pub fn knows_authorities() -> bool {
    !system().certificates.is_empty()
}

/// Certificates that are trusted.
#[derive(Debug)]
struct Anchors {
    roots: RootCertStore,
    certificates: Vec<CertificateDer<'static>>,
}

impl Anchors {
    fn and(&self, more: Vec<CertificateDer<'static>>) -> Anchors {
        let mut roots = self.roots.clone();
        roots.add_parsable_certificates(more.iter().cloned());
        Anchors {
            roots,
            certificates: [self.certificates.clone(), more].concat(),
        }
    }
}

#[derive(Debug)]
enum Trusted {
    Everybody,
    These(Arc<Anchors>),
}

/// Verifies as the clients do. rustls alone refuses a certificate that signs itself and says that it is an authority,
/// as `openssl req -x509` writes them, even where it is trusted; OpenSSL, and with it Python and Node, accepts it.
#[derive(Debug)]
struct Verifier {
    trusted: Trusted,
    provider: Arc<CryptoProvider>,
}

/// Whether the only fault of a certificate is that it says it is an authority.
fn is_authority(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(other)) = error else {
        return false;
    };
    matches!(
        other.0.downcast_ref(),
        Some(webpki::Error::CaUsedAsEndEntity)
    )
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Trusted::These(anchors) = &self.trusted else {
            return Ok(ServerCertVerified::assertion());
        };
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        let signed = verify_server_cert_signed_by_trust_anchor(
            &certificate,
            &anchors.roots,
            intermediates,
            now,
            algorithms,
        );
        match signed {
            // Its dates were looked at before.
            Err(error) if is_authority(&error) && !anchors.certificates.contains(end_entity) => {
                return Err(CertificateError::UnknownIssuer.into());
            }
            Err(error) if !is_authority(&error) => return Err(error),
            _ => {}
        }
        verify_server_name(&certificate, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
