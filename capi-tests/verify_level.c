/* Kinds and sizes of keys and signatures at each security level: as the own certificate, as an own CA's, and as the peer's. */
#include "issue.h"

static struct issuer root;
static EVP_PKEY *leaf_key;

static void print_queue(void)
{
    unsigned long code;

    while ((code = ERR_get_error()) != 0)
        if (ERR_GET_LIB(code) != ERR_LIB_PROV)
            printf(" [%d %d]", ERR_GET_LIB(code), ERR_GET_REASON(code));
}

/* Sets the own certificate, its key and its CA; 1 if all of it was taken. */
static int give(SSL_CTX *ctx, X509 *cert, EVP_PKEY *key, X509 *ca)
{
    int used, keyed, also = -1;

    ERR_clear_error();
    used = SSL_CTX_use_certificate(ctx, cert);
    printf("certificate %d", used);
    print_queue();
    keyed = SSL_CTX_use_PrivateKey(ctx, key);
    printf(", key %d", keyed);
    print_queue();
    if (ca != NULL) {
        also = SSL_CTX_add1_chain_cert(ctx, ca);
        printf(", CA %d", also);
        print_queue();
    }
    printf(", built %ld", SSL_CTX_build_cert_chain(ctx, SSL_BUILD_CHAIN_FLAG_CHECK | SSL_BUILD_CHAIN_FLAG_IGNORE_ERROR));
    print_queue();
    printf("\n");
    return used == 1 && keyed == 1 && also != 0;
}

static void handshake(const char *label, SSL_CTX *client_ctx, SSL_CTX *server_ctx)
{
    SSL *client, *server;

    pair_attempt(label, &client, &server, client_ctx, server_ctx);
    printf("; results %ld %ld, verified %d %d\n", SSL_get_verify_result(client), SSL_get_verify_result(server),
           sk_X509_num(SSL_get0_verified_chain(client)), sk_X509_num(SSL_get0_verified_chain(server)));
    pair_free(client, server);
}

/* `cert` with `ca` between it and the root: on both sides in turn, at each level. */
static void levels(const char *name, X509 *cert, EVP_PKEY *key, X509 *ca, X509 *anchor, int version)
{
    /* all of what known-gaps has lines about */
    int step = getenv("CAPI_SHORT") == NULL || strcmp(name, "dsa") == 0 ? 1 : 4;

    for (int level = 0; level <= 5; level += step) {
        SSL_CTX *shown = new_server_ctx(NULL), *plain_server = new_server_ctx(NULL), *client = new_client_ctx();
        char label[80];

        printf("-- %s, level %d: ", name, level);
        SSL_CTX_set_security_level(shown, level);
        if (give(shown, cert, key, ca)) {
            SSL_CTX_set_min_proto_version(client, version);
            SSL_CTX_set_max_proto_version(client, version);
            X509_STORE_add_cert(SSL_CTX_get_cert_store(client), anchor);
            SSL_CTX_set_security_level(client, level);
            snprintf(label, sizeof label, "  to a client of level %d", level);
            handshake(label, client, shown);
            SSL_CTX_set_security_level(client, 0);
            handshake("  to a client of level 0", client, shown);
        }
        if (level == 0) {
            /* shown by a side that does not mind, to peers that do */
            for (int wanted = 0; wanted <= 3; wanted += step) {
                SSL_CTX_set_security_level(client, wanted);
                snprintf(label, sizeof label, "  from level 0 to a client of level %d", wanted);
                handshake(label, client, shown);
            }
            SSL_CTX_set_security_level(client, 0);
            SSL_CTX_use_certificate_file(plain_server, pki("ecdsa.pem"), SSL_FILETYPE_PEM);
            SSL_CTX_use_PrivateKey(plain_server, leaf_key);
            SSL_CTX_load_verify_file(plain_server, pki("ca.pem"));
            X509_STORE_add_cert(SSL_CTX_get_cert_store(plain_server), anchor);
            SSL_CTX_set_verify(plain_server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
            SSL_CTX_use_certificate(client, cert);
            SSL_CTX_use_PrivateKey(client, key);
            if (ca != NULL)
                SSL_CTX_add1_chain_cert(client, ca);
            for (int wanted = 0; wanted <= 3; wanted += step) {
                SSL_CTX_set_security_level(plain_server, wanted);
                snprintf(label, sizeof label, "  to a server of level %d", wanted);
                handshake(label, client, plain_server);
            }
        }
        SSL_CTX_free(shown);
        SSL_CTX_free(plain_server);
        SSL_CTX_free(client);
    }
}

static void keys(int version)
{
    static const char *const names[] = { "rsa512", "weak", "rsa2047", "rsa3072", "rsa8192", "p224", "secp256k1", "brainpool", "ed448", "dsa", "p521", "ed25519" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char file[40];
        EVP_PKEY *key;
        X509 *cert;

        snprintf(file, sizeof file, "%s.key", names[i]);
        key = load_key(file);
        cert = issue_leaf(key, &root, NULL);
        levels(names[i], cert, key, NULL, root.cert, version);
        X509_free(cert);
        EVP_PKEY_free(key);
    }
}

static void digests(int version)
{
    static const char *const names[] = { "MD5", "SHA1", "SHA224", "SHA384", "SHA512", "SHA3-256" };
    EVP_PKEY *ca_key = load_key("rsa.key");

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const EVP_MD *md = EVP_get_digestbyname(names[i]);
        struct issuer inter = { issue_end(issue_begin("RSA CA", ca_key, 1), &root, NULL, EVP_sha256()), ca_key };
        X509 *cert = issue_end(issue_begin("localhost", leaf_key, 0), &inter, NULL, md);
        char label[40];

        snprintf(label, sizeof label, "leaf signed with %s", names[i]);
        levels(label, cert, leaf_key, inter.cert, root.cert, version);
        X509_free(cert);
        X509_free(inter.cert);
        if (i > 2)
            continue;
        /* the CA's own signature */
        inter.cert = issue_end(issue_begin("CA", ca_key, 1), &root, NULL, i == 0 ? EVP_sha1() : md);
        cert = issue_end(issue_begin("localhost", leaf_key, 0), &inter, NULL, EVP_sha256());
        snprintf(label, sizeof label, "CA signed with %s", i == 0 ? "SHA1" : names[i]);
        levels(label, cert, leaf_key, inter.cert, root.cert, version);
        X509_free(cert);
        X509_free(inter.cert);
    }
    EVP_PKEY_free(ca_key);
}

/* A weak CA between, and a weak root. */
static void weak_cas(int version)
{
    EVP_PKEY *weak = load_key("weak.key");
    struct issuer inter = { issue_end(issue_begin("Weak CA", weak, 1), &root, NULL, EVP_sha256()), weak };
    struct issuer own = { issue_end(issue_begin("Weak root", weak, 1), NULL, weak, EVP_sha1()), weak };
    X509 *cert = issue_end(issue_begin("localhost", leaf_key, 0), &inter, NULL, EVP_sha256());

    levels("weak CA", cert, leaf_key, inter.cert, root.cert, version);
    X509_free(cert);
    cert = issue_end(issue_begin("localhost", leaf_key, 0), &own, NULL, EVP_sha256());
    levels("weak root", cert, leaf_key, own.cert, own.cert, version);
    X509_free(cert);
    X509_free(inter.cert);
    X509_free(own.cert);
    EVP_PKEY_free(weak);
}

int main(void)
{
    root.cert = load_cert("ca.pem");
    root.key = load_key("ca.key");
    leaf_key = load_key("ecdsa.key");
    in_both_versions("keys", keys);
    in_both_versions("digests", digests);
    in_both_versions("weak CAs", weak_cas);
    X509_free(root.cert);
    EVP_PKEY_free(root.key);
    EVP_PKEY_free(leaf_key);
    return 0;
}
