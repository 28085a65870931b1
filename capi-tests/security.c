/* Security levels and the callback that decides in their place: what it is asked, with what, and what follows from a no. */
#include "call.h"
#include "load.h"

#include <openssl/dh.h>
#include <openssl/x509v3.h>

/* ---- a callback that says no to one thing ---- */

struct judge {
    int op, nid;      /* what is refused; nid or number of the thing, 0 for any */
    int refused;      /* how often */
    unsigned long seen; /* operations, as bits */
    int wrong;        /* handles or arguments that are not what they should be */
};

static int operation(int op) { return op & 0xff; }

/* The number of what `other` points to; 0 if the operation has nothing to point to. */
static int number_of(int op, void *other)
{
    const unsigned char *bytes = other;

    switch (op & SSL_SECOP_OTHER_TYPE) {
    case SSL_SECOP_OTHER_CIPHER:
        return (int)SSL_CIPHER_get_protocol_id(other);
    case SSL_SECOP_OTHER_CURVE:
    case SSL_SECOP_OTHER_SIGALG:
        return bytes[0] << 8 | bytes[1];
    }
    return 0;
}

static int say_no_to(const SSL *ssl, const SSL_CTX *ctx, int op, int bits, int nid, void *other, void *ex)
{
    struct judge *judge = ex;

    (void)bits;
    judge->seen |= 1ul << operation(op);
    if ((ssl == NULL) == (ctx == NULL))
        judge->wrong++;
    if (op != judge->op || (judge->nid != 0 && judge->nid != nid && judge->nid != number_of(op, other)))
        return 1;
    judge->refused++;
    return 0;
}

static void attempt(const char *label, SSL_CTX *client_ctx, SSL_CTX *server_ctx)
{
    SSL *client, *server;
    struct pair_result result;

    result = pair_attempt(label, &client, &server, client_ctx, server_ctx);
    if (result.ok)
        printf(", %s %s, results %ld %ld", SSL_get_version(client), SSL_get_cipher_name(client), SSL_get_verify_result(client), SSL_get_verify_result(server));
    printf("\n");
    pair_free(client, server);
}

static void ask_client(SSL_CTX *server, SSL_CTX *client)
{
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER, NULL);
    SSL_CTX_load_verify_file(server, pki("ca.pem"));
    if (SSL_CTX_use_certificate_chain_file(client, pki("client.pem")) != 1
        || SSL_CTX_use_PrivateKey_file(client, pki("client.key"), SSL_FILETYPE_PEM) != 1)
        check_give_up("client.pem");
}

static const struct refusal {
    const char *name;
    int op, nid;
} refusals[] = {
    { "nothing", -1, 0 },
    { "all suites", SSL_SECOP_CIPHER_SUPPORTED, 0 }, { "AES-128 GCM", SSL_SECOP_CIPHER_SUPPORTED, 0x1301 },
    { "AES-256 GCM", SSL_SECOP_CIPHER_SUPPORTED, 0x1302 }, { "ECDHE-ECDSA-AES256", SSL_SECOP_CIPHER_SUPPORTED, 0xc02c },
    { "shared suites", SSL_SECOP_CIPHER_SHARED, 0 }, { "shared AES-256", SSL_SECOP_CIPHER_SHARED, 0x1302 },
    { "shared ECDHE-ECDSA-AES256", SSL_SECOP_CIPHER_SHARED, 0xc02c }, { "the chosen suite", SSL_SECOP_CIPHER_CHECK, 0 },
    { "all groups", SSL_SECOP_CURVE_SUPPORTED, 0 }, { "X25519", SSL_SECOP_CURVE_SUPPORTED, NID_X25519 },
    { "shared groups", SSL_SECOP_CURVE_SHARED, 0 }, { "shared X25519", SSL_SECOP_CURVE_SHARED, NID_X25519 },
    { "the chosen group", SSL_SECOP_CURVE_CHECK, 0 }, { "X25519 chosen", SSL_SECOP_CURVE_CHECK, NID_X25519 },
    { "P-256 chosen", SSL_SECOP_CURVE_CHECK, NID_X9_62_prime256v1 },
    { "all algorithms", SSL_SECOP_SIGALG_SUPPORTED, 0 }, { "ecdsa_secp256r1_sha256", SSL_SECOP_SIGALG_SUPPORTED, 0x0403 },
    { "shared algorithms", SSL_SECOP_SIGALG_SHARED, 0 }, { "shared ecdsa_secp256r1_sha256", SSL_SECOP_SIGALG_SHARED, 0x0403 },
    { "the chosen algorithm", SSL_SECOP_SIGALG_CHECK, 0 }, { "kinds of certificates", SSL_SECOP_SIGALG_MASK, 0 },
    { "all versions", SSL_SECOP_VERSION, 0 }, { "TLS 1.2", SSL_SECOP_VERSION, TLS1_2_VERSION }, { "TLS 1.3", SSL_SECOP_VERSION, TLS1_3_VERSION },
    { "tickets", SSL_SECOP_TICKET, 0 }, { "own key", SSL_SECOP_EE_KEY, 0 }, { "a CA's key", SSL_SECOP_CA_KEY, 0 }, { "signatures on certificates", SSL_SECOP_CA_MD, 0 },
};

static void one_refusal(const struct refusal *refusal, int on_server, int version)
{
    struct contexts ctx = contexts_new("ecdsa-chain", version);
    struct judge judge = { refusal->op, refusal->nid, 0, 0, 0 };
    SSL_CTX *judged = on_server ? ctx.server : ctx.client;
    char label[100];

    ask_client(ctx.server, ctx.client);
    SSL_CTX_set_security_callback(judged, say_no_to);
    SSL_CTX_set0_security_ex_data(judged, &judge);
    snprintf(label, sizeof label, "%s without %s", on_server ? "server" : "client", refusal->name);
    attempt(label, ctx.client, ctx.server);
    if (judge.wrong != 0)
        printf("  wrong arguments\n");
    contexts_free(&ctx);
}

static void callback_refuses(int version)
{
    for (int on_server = 0; on_server < 2; on_server++)
        for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
            one_refusal(&refusals[i], on_server, version);
}

/* Without a limit on the client's versions. */
static void versions_refused(void)
{
    SECTION("versions refused");
    for (int on_server = 0; on_server < 2; on_server++)
        for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
            if (refusals[i].op == SSL_SECOP_VERSION)
                one_refusal(&refusals[i], on_server, 0);
}

/* ---- what it is asked with ---- */

static int watched;

static int watch(const SSL *ssl, const SSL_CTX *ctx, int op, int bits, int nid, void *other, void *ex)
{
    char name[100] = "";

    (void)ex;
    if (operation(op) == watched) {
        if ((op & SSL_SECOP_OTHER_TYPE) == SSL_SECOP_OTHER_CERT)
            X509_NAME_oneline(X509_get_subject_name(other), name, sizeof name);
        printf("  %s op %x bits %d nid %d number %x %s\n", ssl != NULL ? "connection" : ctx != NULL ? "context" : "nothing", (unsigned)op, bits, nid,
               (unsigned)number_of(op, other), name);
    }
    return 1;
}

static void arguments(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;

    SSL_CTX_set_security_callback(ctx.server, watch);
    watched = SSL_SECOP_EE_KEY & 0xff;
    SHOW(SSL_CTX_use_certificate_chain_file(ctx.server, pki("ecdsa-chain.pem")));
    SHOW(SSL_CTX_use_certificate_chain_file(ctx.server, pki("rsa.pem")));
    SHOW(SSL_CTX_use_certificate_chain_file(ctx.server, pki("selfsigned.pem")));
    watched = SSL_SECOP_CA_KEY & 0xff;
    SHOW(SSL_CTX_use_certificate_chain_file(ctx.server, pki("ecdsa-chain.pem")));
    watched = SSL_SECOP_CA_MD & 0xff;
    SHOW(SSL_CTX_use_certificate_chain_file(ctx.server, pki("selfsigned.pem")));
    SHOW(SSL_CTX_use_certificate_chain_file(ctx.server, pki("ed25519.pem")));
    SHOW(SSL_CTX_use_certificate_chain_file(ctx.server, pki("ecdsa-chain.pem")));
    SHOW(SSL_CTX_use_PrivateKey_file(ctx.server, pki("ecdsa-chain.key"), SSL_FILETYPE_PEM));
    for (watched = SSL_SECOP_EE_KEY & 0xff; watched <= (SSL_SECOP_CA_MD & 0xff); watched++) {
        pair_new(&client, &server, ctx.client, ctx.server);
        printf("-- in the handshake, %d\n", watched);
        pair_connect(client, server);
        pair_free(client, server);
    }
    SSL_CTX_set_security_callback(ctx.client, watch);
    SSL_CTX_set_cipher_list(ctx.client, "ECDHE-ECDSA-AES128-GCM-SHA256");
    SSL_CTX_set_ciphersuites(ctx.client, "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set1_groups_list(ctx.client, "P-256");
    watched = SSL_SECOP_CIPHER_CHECK & 0xff;
    pair_new(&client, &server, ctx.client, ctx.server);
    pair_connect(client, server);
    pair_free(client, server);
    watched = SSL_SECOP_SIGALG_CHECK & 0xff;
    pair_new(&client, &server, ctx.client, ctx.server);
    pair_connect(client, server);
    pair_free(client, server);
    contexts_free(&ctx);
}

/* ---- in place of the level ---- */

static int say_yes(const SSL *ssl, const SSL_CTX *ctx, int op, int bits, int nid, void *other, void *ex)
{
    (void)ssl, (void)ctx, (void)op, (void)bits, (void)nid, (void)other, (void)ex;
    return 1;
}

static int say_no(const SSL *ssl, const SSL_CTX *ctx, int op, int bits, int nid, void *other, void *ex)
{
    (void)ssl, (void)ctx, (void)op, (void)bits, (void)nid, (void)other, (void)ex;
    return 0;
}

static void above_level(int version)
{
    for (int level = 2; level <= 5; level += getenv("CAPI_SHORT") == NULL ? 1 : 3) {
        struct contexts ctx = contexts_new("ecdsa", version);
        char label[60];

        /* level 5 takes no group that both libraries have, and no P-256 */
        SSL_CTX_set_security_level(ctx.server, level);
        snprintf(label, sizeof label, "server's level %d", level);
        attempt(label, ctx.client, ctx.server);
        SSL_CTX_set_security_callback(ctx.server, say_yes);
        snprintf(label, sizeof label, "server's level %d, with a yes", level);
        attempt(label, ctx.client, ctx.server);
        SSL_CTX_set_security_level(ctx.client, level);
        snprintf(label, sizeof label, "level %d, server with a yes", level);
        attempt(label, ctx.client, ctx.server);
        /* the peer's chain is still judged by the level */
        SSL_CTX_set_security_callback(ctx.client, say_yes);
        snprintf(label, sizeof label, "level %d, with a yes", level);
        attempt(label, ctx.client, ctx.server);
        SSL_CTX_set_verify(ctx.client, SSL_VERIFY_NONE, NULL);
        snprintf(label, sizeof label, "level %d, with a yes, not verified", level);
        attempt(label, ctx.client, ctx.server);
        contexts_free(&ctx);
    }
}

static void weak_certificates(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *dh;
    BIO *in = BIO_new_file(pki("dh.pem"), "r");

    SECTION("weak certificates");
    SHOW(SSL_CTX_use_certificate_file(ctx, pki("weak.pem"), SSL_FILETYPE_PEM));
    SHOW_ERR();
    SSL_CTX_set_security_callback(ctx, say_yes);
    SHOW(SSL_CTX_use_certificate_file(ctx, pki("weak.pem"), SSL_FILETYPE_PEM));
    SHOW(SSL_CTX_use_certificate_file(ctx, pki("sha1.pem"), SSL_FILETYPE_PEM));
    SSL_CTX_set_security_callback(ctx, say_no);
    SHOW(SSL_CTX_use_certificate_file(ctx, pki("ecdsa.pem"), SSL_FILETYPE_PEM));
    SHOW_ERR();
    SHOW(SSL_CTX_add1_chain_cert(ctx, SSL_CTX_get0_certificate(ctx)));
    SHOW_ERR();
    dh = PEM_read_bio_Parameters(in, NULL);
    BIO_free(in);
    SHOW(SSL_CTX_set0_tmp_dh_pkey(ctx, dh));
    SHOW_ERR();
    EVP_PKEY_free(dh);
    SSL_CTX_free(ctx);
}

/* ---- getters, inheritance ---- */

static int switch_context(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    SSL_set_SSL_CTX(ssl, arg);
    return SSL_TLSEXT_ERR_OK;
}

static void settings(void)
{
    static int first, second;
    SSL_CTX *ctx = SSL_CTX_new(TLS_method()), *other = SSL_CTX_new(TLS_method());
    SSL *early = SSL_new(ctx), *late, *copy;

    SECTION("settings");
    CHECK(SSL_CTX_get_security_callback(ctx) != NULL);
    CHECK(SSL_CTX_get_security_callback(ctx) == SSL_get_security_callback(early));
    SSL_CTX_set_security_callback(ctx, say_yes);
    SSL_CTX_set0_security_ex_data(ctx, &first);
    SSL_CTX_set_security_level(ctx, 4);
    late = SSL_new(ctx);
    CHECK(SSL_CTX_get_security_callback(ctx) == say_yes);
    CHECK(SSL_get_security_callback(early) == SSL_CTX_get_security_callback(other));
    CHECK(SSL_get_security_callback(late) == say_yes);
    CHECK(SSL_get0_security_ex_data(late) == &first);
    CHECK(SSL_get0_security_ex_data(early) == NULL);
    SHOW(SSL_get_security_level(late));
    SHOW(SSL_get_security_level(early));
    SSL_set_security_callback(late, say_no);
    SSL_set0_security_ex_data(late, &second);
    CHECK(SSL_CTX_get_security_callback(ctx) == say_yes);
    CHECK(SSL_CTX_get0_security_ex_data(ctx) == &first);
    copy = SSL_dup(late);
    CHECK(SSL_get_security_callback(copy) == say_no);
    CHECK(SSL_get0_security_ex_data(copy) == &second);
    SHOW(SSL_get_security_level(copy));
    SSL_set_SSL_CTX(late, other);
    CHECK(SSL_get_security_callback(late) == SSL_CTX_get_security_callback(other));
    CHECK(SSL_get0_security_ex_data(late) == NULL);
    SHOW(SSL_get_security_level(late));
    SSL_free(copy);
    SSL_free(early);
    SSL_free(late);
    SSL_CTX_free(other);
    SSL_CTX_free(ctx);
}

/* The callback of the context that the server name callback changes to counts. */
static void other_context(int version)
{
    for (int to_no = 0; to_no < 2; to_no++) {
        struct contexts ctx = contexts_new("ecdsa", version);
        SSL_CTX *other = new_server_ctx("ecdsa");

        SSL_CTX_set_security_callback(to_no ? other : ctx.server, say_no);
        SSL_CTX_set_tlsext_servername_callback(ctx.server, switch_context);
        SSL_CTX_set_tlsext_servername_arg(ctx.server, other);
        attempt(to_no ? "changed to a no" : "changed from a no", ctx.client, ctx.server);
        SSL_CTX_free(other);
        contexts_free(&ctx);
    }
}

/* ---- the default callback, called by the program ---- */

static void default_callback(void)
{
    static const int ops[] = {
        SSL_SECOP_CIPHER_SUPPORTED, SSL_SECOP_CIPHER_SHARED, SSL_SECOP_CIPHER_CHECK, SSL_SECOP_CURVE_SUPPORTED, SSL_SECOP_CURVE_CHECK,
        SSL_SECOP_TMP_DH, SSL_SECOP_VERSION, SSL_SECOP_TICKET, SSL_SECOP_SIGALG_SUPPORTED, SSL_SECOP_SIGALG_CHECK, SSL_SECOP_SIGALG_MASK,
        SSL_SECOP_COMPRESSION, SSL_SECOP_EE_KEY, SSL_SECOP_CA_KEY, SSL_SECOP_CA_MD, SSL_SECOP_EE_KEY | SSL_SECOP_PEER,
    };
    static const int strengths[] = { -1, 0, 79, 80, 112, 128, 192, 256 };
    static const int versions[] = { TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION };
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(SSL_get_ciphers(ssl), 0);
    int (*callback)(const SSL *, const SSL_CTX *, int, int, int, void *, void *) = SSL_CTX_get_security_callback(ctx);

    SECTION("default callback");
    for (int level = -1; level <= 6; level++) {
        SSL_CTX_set_security_level(ctx, level);
        SSL_set_security_level(ssl, level);
        for (size_t o = 0; o < sizeof ops / sizeof *ops; o++) {
            int is_cipher = (ops[o] & SSL_SECOP_OTHER_TYPE) == SSL_SECOP_OTHER_CIPHER;

            printf("level %d op %x:", level, (unsigned)ops[o]);
            if (ops[o] == SSL_SECOP_VERSION) {
                for (size_t v = 0; v < sizeof versions / sizeof *versions; v++)
                    printf(" %d", callback(ssl, NULL, ops[o], 0, versions[v], NULL, NULL));
            } else {
                for (size_t s = 0; s < sizeof strengths / sizeof *strengths; s++)
                    printf(" %d%d", callback(NULL, ctx, ops[o], strengths[s], 0, is_cipher ? (void *)cipher : NULL, NULL),
                           callback(ssl, NULL, ops[o], strengths[s], 0, is_cipher ? (void *)cipher : NULL, NULL));
            }
            printf("\n");
        }
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* A callback that asks the default one, as openssl s_client -security_debug does. */
static int (*before)(const SSL *, const SSL_CTX *, int, int, int, void *, void *);
static int asked, passed_on;

static int pass_on(const SSL *ssl, const SSL_CTX *ctx, int op, int bits, int nid, void *other, void *ex)
{
    int answer = before(ssl, ctx, op, bits, nid, other, ex);

    asked++;
    passed_on += answer;
    return answer;
}

static void passing_on(int version)
{
    for (int level = 0; level <= 5; level += getenv("CAPI_SHORT") == NULL ? 1 : 3) {
        struct contexts ctx = contexts_new("ecdsa", version);
        char label[40];

        before = SSL_CTX_get_security_callback(ctx.client);
        SSL_CTX_set_security_callback(ctx.client, pass_on);
        SSL_CTX_set_security_callback(ctx.server, pass_on);
        SSL_CTX_set_security_level(ctx.client, level);
        SSL_CTX_set_security_level(ctx.server, level);
        asked = 0;
        snprintf(label, sizeof label, "level %d", level);
        attempt(label, ctx.client, ctx.server);
        CHECK(asked > 10);
        contexts_free(&ctx);
    }
}

/* ---- tickets by level ---- */

static void tickets(int version)
{
    for (int level = 0; level <= 3; level++) {
        for (int on_server = 0; on_server < 2; on_server++) {
            struct contexts ctx = contexts_new("p384", version);
            SSL *client, *server;
            SSL_SESSION *session;
            unsigned id_len;

            SSL_CTX_set_security_level(on_server ? ctx.server : ctx.client, level);
            SSL_CTX_set_verify(ctx.client, SSL_VERIFY_NONE, NULL);
            SSL_CTX_set1_groups_list(ctx.client, "P-384");
            pair_new(&client, &server, ctx.client, ctx.server);
            pair_connect(client, server);
            pair_settle(client);
            session = SSL_get1_session(client);
            printf("%s of level %d: ticket %d, session id %d\n", on_server ? "server" : "client", level, SSL_SESSION_has_ticket(session),
                   SSL_SESSION_get_id(session, &id_len) != NULL && id_len > 0);
            SSL_shutdown(client);
            pair_free(client, server);
            SSL_SESSION_free(session);
            contexts_free(&ctx);
        }
    }
}

int main(void)
{
    in_both_versions("the callback refuses", callback_refuses);
    versions_refused();
    in_both_versions("arguments", arguments);
    in_both_versions("above the level", above_level);
    weak_certificates();
    settings();
    in_both_versions("other context", other_context);
    default_callback();
    in_both_versions("passing on", passing_on);
    in_both_versions("tickets", tickets);
    return 0;
}
