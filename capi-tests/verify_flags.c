/* Verification parameters wherever a program can set them, and what each of them changes. */
#include "issue.h"

static struct issuer root;
static EVP_PKEY *leaf_key;

/* ---- one verification in a line ---- */

static int callback_answer = -1;

static int watch(int ok, X509_STORE_CTX *store)
{
    printf(" (%d: %d at %d)", ok, X509_STORE_CTX_get_error(store), X509_STORE_CTX_get_error_depth(store));
    return callback_answer < 0 ? ok : callback_answer;
}

static void attempt(const char *label, SSL *client, SSL *server)
{
    struct pair_result result;
    SSL *judge = SSL_get_verify_mode(server) == SSL_VERIFY_NONE ? client : server;

    printf("%s:", label);
    result = pair_handshake(client, server);
    printf(" -> %s, result %ld, chain %d", result.ok ? "done" : "not done", SSL_get_verify_result(judge), sk_X509_num(SSL_get0_verified_chain(judge)));
    for (int i = 0; i < result.client.errs; i++)
        printf(" [%d]", ERR_GET_REASON(result.client.err[i]));
    printf("%s%s\n", SSL_get0_peername(judge) == NULL ? "" : " ", SSL_get0_peername(judge) == NULL ? "" : SSL_get0_peername(judge));
    pair_free(client, server);
}

static void once(const char *label, SSL_CTX *client_ctx, SSL_CTX *server_ctx)
{
    SSL *client, *server;

    pair_new(&client, &server, client_ctx, server_ctx);
    attempt(label, client, server);
}

/* A context whose parameters can be set in several places, and one place of them. */
enum place { IN_CONTEXT, IN_CONNECTION, IN_STORE, BY_COPY, BY_COPY_INTO_CONNECTION, PLACES };

static const char *const places[] = { "context", "connection", "store", "copied", "copied into connection" };

/* Calls `set` with the parameters in `place`, and makes the connection. */
static void with(const char *label, SSL_CTX *client_ctx, SSL_CTX *server_ctx, enum place place, void (*set)(X509_VERIFY_PARAM *, long), long value)
{
    SSL *client, *server;
    X509_VERIFY_PARAM *copy = X509_VERIFY_PARAM_new();
    char text[120];

    snprintf(text, sizeof text, "%s, %s", label, places[place]);
    if (place == IN_CONTEXT)
        set(SSL_CTX_get0_param(client_ctx), value);
    if (place == IN_STORE)
        set(X509_STORE_get0_param(SSL_CTX_get_cert_store(client_ctx)), value);
    set(copy, value);
    if (place == BY_COPY && SSL_CTX_set1_param(client_ctx, copy) != 1)
        check_give_up("SSL_CTX_set1_param");
    pair_new(&client, &server, client_ctx, server_ctx);
    if (place == IN_CONNECTION)
        set(SSL_get0_param(client), value);
    if (place == BY_COPY_INTO_CONNECTION && SSL_set1_param(client, copy) != 1)
        check_give_up("SSL_set1_param");
    attempt(text, client, server);
    X509_VERIFY_PARAM_free(copy);
}

static SSL_CTX *watching_client(int mode)
{
    SSL_CTX *ctx = new_client_ctx();

    SSL_CTX_set_verify(ctx, mode, watch);
    return ctx;
}

/* ---- flags ---- */

static void set_flags(X509_VERIFY_PARAM *param, long flags) { X509_VERIFY_PARAM_set_flags(param, (unsigned long)flags); }

static void add_crl(SSL_CTX *ctx, const char *file)
{
    BIO *in = BIO_new_file(pki(file), "r");
    X509_CRL *crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL);

    if (crl == NULL || X509_STORE_add_crl(SSL_CTX_get_cert_store(ctx), crl) != 1)
        check_give_up(file);
    X509_CRL_free(crl);
    BIO_free(in);
}

static void flags(void)
{
    static const char *const certs[] = { "ecdsa", "deep-chain", "ecdsa-leaf", "expired", "selfsigned", "revoked", "badkeyusage", "v1" };
    static const struct { const char *name; unsigned long flags; } tries[] = {
        { "none", 0 }, { "issuer check", X509_V_FLAG_CB_ISSUER_CHECK }, { "CRL", X509_V_FLAG_CRL_CHECK },
        { "CRLs", X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL }, { "all alone", X509_V_FLAG_CRL_CHECK_ALL },
        { "ignore critical", X509_V_FLAG_IGNORE_CRITICAL }, { "strict", X509_V_FLAG_X509_STRICT }, { "proxies", X509_V_FLAG_ALLOW_PROXY_CERTS },
        { "policy", X509_V_FLAG_POLICY_CHECK }, { "explicit policy", X509_V_FLAG_EXPLICIT_POLICY }, { "notify", X509_V_FLAG_POLICY_CHECK | X509_V_FLAG_NOTIFY_POLICY },
        { "deltas", X509_V_FLAG_CRL_CHECK | X509_V_FLAG_USE_DELTAS | X509_V_FLAG_EXTENDED_CRL_SUPPORT },
        { "self-signature", X509_V_FLAG_CHECK_SS_SIGNATURE }, { "Suite B", X509_V_FLAG_SUITEB_128_LOS }, { "Suite B 192", X509_V_FLAG_SUITEB_192_LOS },
        { "partial", X509_V_FLAG_PARTIAL_CHAIN }, { "no alternatives", X509_V_FLAG_NO_ALT_CHAINS }, { "no time", X509_V_FLAG_NO_CHECK_TIME },
    };

    SECTION("flags");
    for (size_t c = 0; c < sizeof certs / sizeof *certs; c++) {
        SSL_CTX *server = new_server_ctx(certs[c]);

        for (size_t t = 0; t < sizeof tries / sizeof *tries; t += getenv("CAPI_SHORT") == NULL ? 1 : 4) {
            /* where they are set makes no difference that depends on the flag */
            enum place place = (enum place)((c + t) % PLACES);
            SSL_CTX *client = watching_client(SSL_VERIFY_PEER);
            char label[80];

            add_crl(client, "ca.crl");
            snprintf(label, sizeof label, "%s, %s", certs[c], tries[t].name);
            with(label, client, server, place, set_flags, (long)tries[t].flags);
            SSL_CTX_free(client);
        }
        SSL_CTX_free(server);
    }
}

/* Each place for flags that matter most. */
static void flag_places(void)
{
    static const struct { const char *cert; unsigned long flags; } tries[] = {
        { "revoked", X509_V_FLAG_CRL_CHECK }, { "expired", X509_V_FLAG_NO_CHECK_TIME }, { "ecdsa", X509_V_FLAG_CRL_CHECK },
    };

    SECTION("places of flags");
    for (size_t t = 0; t < sizeof tries / sizeof *tries; t++) {
        for (int place = 0; place < PLACES; place++) {
            SSL_CTX *server = new_server_ctx(tries[t].cert), *client = watching_client(SSL_VERIFY_PEER);

            if (t == 0)
                add_crl(client, "ca.crl");
            with(tries[t].cert, client, server, (enum place)place, set_flags, (long)tries[t].flags);
            SSL_CTX_free(client);
            SSL_CTX_free(server);
        }
    }
}

/* What a store and a connection say at the same time. */
static void both_places(void)
{
    SECTION("cleared and inherited");
    for (int inherit = 0; inherit < 32; inherit += inherit < 1 ? 1 : inherit) {
        SSL_CTX *server = new_server_ctx("expired"), *client = watching_client(SSL_VERIFY_PEER);
        X509_VERIFY_PARAM *store = X509_STORE_get0_param(SSL_CTX_get_cert_store(client));
        SSL *one, *other;

        X509_VERIFY_PARAM_set_flags(store, X509_V_FLAG_NO_CHECK_TIME);
        X509_VERIFY_PARAM_set_depth(store, 5);
        X509_VERIFY_PARAM_set_inh_flags(SSL_CTX_get0_param(client), (uint32_t)inherit);
        X509_VERIFY_PARAM_set_depth(SSL_CTX_get0_param(client), 0);
        printf("inherit %d", inherit);
        pair_new(&one, &other, client, server);
        SHOW(X509_VERIFY_PARAM_get_inh_flags(SSL_get0_param(one)));
        X509_VERIFY_PARAM_clear_flags(SSL_get0_param(one), X509_V_FLAG_NO_CHECK_TIME);
        attempt("  both", one, other);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
}

/* ---- purpose, trust, depth, time ---- */

static void set_purpose(X509_VERIFY_PARAM *param, long purpose) { printf(" [set %d]", X509_VERIFY_PARAM_set_purpose(param, (int)purpose)); }
static void set_trust(X509_VERIFY_PARAM *param, long trust) { printf(" [set %d]", X509_VERIFY_PARAM_set_trust(param, (int)trust)); }
static void set_depth(X509_VERIFY_PARAM *param, long depth) { X509_VERIFY_PARAM_set_depth(param, (int)depth); }
static void set_level(X509_VERIFY_PARAM *param, long level) { X509_VERIFY_PARAM_set_auth_level(param, (int)level); }
static void set_time(X509_VERIFY_PARAM *param, long year) { X509_VERIFY_PARAM_set_time(param, (year - 1970) * 31556952L); }
static void set_named(X509_VERIFY_PARAM *param, long which)
{
    static const char *const names[] = { "default", "pkcs7", "smime_sign", "ssl_client", "ssl_server" };

    X509_VERIFY_PARAM_set1(param, X509_VERIFY_PARAM_lookup(names[which]));
}

static void values(void)
{
    static const struct { const char *name; void (*set)(X509_VERIFY_PARAM *, long); long from, to; } tries[] = {
        { "purpose", set_purpose, 0, 10 }, { "trust", set_trust, -1, 9 }, { "depth", set_depth, -2, 3 }, { "level", set_level, -1, 3 }, { "named", set_named, 0, 4 },
    };
    static const long years[] = { 1971, 2001, 2015, 2030, 2048, 2055 };
    static const char *const certs[] = { "deep-chain", "expired" };
    int place = 0;

    SECTION("values");
    for (size_t c = 0; c < 2; c++) {
        SSL_CTX *server = new_server_ctx(certs[c]), *client;
        char label[80];

        for (size_t t = 0; t < sizeof tries / sizeof *tries; t++) {
            for (long value = tries[t].from; value <= tries[t].to; value++) {
                client = watching_client(SSL_VERIFY_PEER);
                snprintf(label, sizeof label, "%s, %s %ld", certs[c], tries[t].name, value);
                with(label, client, server, (enum place)(place++ % PLACES), tries[t].set, value);
                SSL_CTX_free(client);
            }
        }
        for (size_t y = 0; y < sizeof years / sizeof *years; y++) {
            client = watching_client(SSL_VERIFY_PEER);
            snprintf(label, sizeof label, "%s in %ld", certs[c], years[y]);
            with(label, client, server, (enum place)(place++ % PLACES), set_time, years[y]);
            SSL_CTX_free(client);
        }
        SSL_CTX_free(server);
    }
    ERR_clear_error();
}

/* ---- names ---- */

static void names(void)
{
    static const struct { const char *host, *also, *email, *ip; unsigned flags; } tries[] = {
        { "one.example", NULL, NULL, NULL, 0 }, { "no.example", "two.example", NULL, NULL, 0 }, { "no.example", "nor.example", NULL, NULL, 0 },
        { "one.example", NULL, "host@mail.example", NULL, 0 }, { "one.example", NULL, "nobody@mail.example", NULL, 0 },
        { "no.example", NULL, "host@mail.example", NULL, 0 }, { NULL, NULL, "host@MAIL.example", NULL, 0 }, { NULL, NULL, "HOST@mail.example", NULL, 0 },
        { NULL, NULL, NULL, "192.0.2.7", 0 }, { NULL, NULL, NULL, "192.0.2.8", 0 }, { NULL, NULL, NULL, "::1", 0 }, { "one.example", NULL, NULL, "192.0.2.8", 0 },
        { "no.example", NULL, "nobody@mail.example", "192.0.2.8", 0 },
        { "a.wild.example", NULL, NULL, NULL, 0 }, { "a.wild.example", NULL, NULL, NULL, X509_CHECK_FLAG_NO_WILDCARDS },
        { "a.b.wild.example", NULL, NULL, NULL, X509_CHECK_FLAG_MULTI_LABEL_WILDCARDS }, { ".example", NULL, NULL, NULL, 0 },
        { ".example", NULL, NULL, NULL, X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS }, { "partial.half.example", NULL, NULL, NULL, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS },
        { "Several names", NULL, NULL, NULL, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT }, { "Several names", NULL, NULL, NULL, X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT },
        { "one.example", NULL, NULL, NULL, 0x4000 },
    };
    static const char *const certs[] = { "multi", "cnonly" };

    SECTION("names");
    for (size_t c = 0; c < 2; c++) {
        SSL_CTX *server_ctx = new_server_ctx(certs[c]), *client_ctx = watching_client(SSL_VERIFY_PEER);

        for (size_t t = 0; t < sizeof tries / sizeof *tries; t++) {
            SSL *client, *server;
            X509_VERIFY_PARAM *param;
            char label[60];

            pair_new(&client, &server, client_ctx, server_ctx);
            param = SSL_get0_param(client);
            SSL_set_hostflags(client, tries[t].flags);
            if (tries[t].host != NULL)
                SHOW(SSL_set1_host(client, tries[t].host));
            if (tries[t].also != NULL)
                SHOW(SSL_add1_host(client, tries[t].also));
            if (tries[t].email != NULL)
                SHOW(X509_VERIFY_PARAM_set1_email(param, tries[t].email, 0));
            if (tries[t].ip != NULL)
                SHOW(X509_VERIFY_PARAM_set1_ip_asc(param, tries[t].ip));
            /* a callback that forgives sees what else is wrong */
            callback_answer = t % 2 == 0 ? -1 : 1;
            snprintf(label, sizeof label, "%s, names %zu", certs[c], t);
            attempt(label, client, server);
        }
        callback_answer = -1;
        SSL_CTX_free(client_ctx);
        SSL_CTX_free(server_ctx);
    }
}

/* Addresses as host names, and names that replace and add up. */
static void hosts(void)
{
    SSL_CTX *ctx = new_client_ctx();
    SSL *ssl = SSL_new(ctx);

    SECTION("hosts");
    SHOW(SSL_add1_host(ssl, "first.example"));
    SHOW(SSL_add1_host(ssl, NULL));
    SHOW(SSL_add1_host(ssl, ""));
    SHOW(SSL_add1_host(ssl, "127.0.0.1"));
    SHOW(SSL_add1_host(ssl, "::1"));
    SHOW(SSL_add1_host(ssl, "second.example"));
    SHOW_STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 0));
    SHOW_STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 1));
    SHOW_STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 2));
    SHOW(SSL_set1_host(ssl, "10.0.0.1"));
    SHOW_STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 0));
    SHOW(SSL_set1_host(ssl, "only.example"));
    SHOW_STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 0));
    SHOW_STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 1));
    SHOW(X509_VERIFY_PARAM_set1_host(SSL_get0_param(ssl), "with\0zero", 9));
    SHOW(SSL_set1_host(ssl, "trailing.dot."));
    SHOW_STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 0));
    SHOW_ERR();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* ---- stores ---- */

static int store_watch(int ok, X509_STORE_CTX *store)
{
    printf(" {%d: %d}", ok, X509_STORE_CTX_get_error(store));
    return 1;
}

static int forgive_revocation(X509_STORE_CTX *store)
{
    (void)store;
    printf(" revocation forgiven");
    return 1;
}

static int no_issuer(X509 **issuer, X509_STORE_CTX *store, X509 *cert)
{
    (void)issuer, (void)store, (void)cert;
    printf(" no issuer");
    return 0;
}

static void store_callbacks(void)
{
    SECTION("callbacks of the store");
    for (int i = 0; i < 6; i++) {
        SSL_CTX *server = new_server_ctx(i < 4 ? "expired" : "ecdsa"), *client = new_client_ctx();
        X509_STORE *store = SSL_CTX_get_cert_store(client);
        char label[20];

        /* the connection's callback goes before the store's */
        if (i % 2 == 0)
            X509_STORE_set_verify_cb(store, store_watch);
        if (i == 1 || i == 2)
            SSL_CTX_set_verify(client, SSL_VERIFY_PEER, watch);
        if (i == 3) {
            X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_NO_CHECK_TIME);
            X509_STORE_set_check_revocation(store, forgive_revocation);
        }
        if (i == 5)
            X509_STORE_set_get_issuer(store, no_issuer);
        snprintf(label, sizeof label, "case %d", i);
        once(label, client, server);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
}

/* CRLs out of a hashed folder and out of files, read when they are needed. */
static void lookups(void)
{
    static const char *const certs[] = { "ecdsa", "revoked", "ecdsa-chain", "deep-chain" };

    SECTION("lookups");
    for (int source = 0; source < 5; source++) {
        for (size_t c = 0; c < sizeof certs / sizeof *certs; c++) {
            SSL_CTX *server = new_server_ctx(certs[c]), *client = SSL_CTX_new(TLS_client_method());
            X509_STORE *store = SSL_CTX_get_cert_store(client);
            char label[40];

            SSL_CTX_set_verify(client, SSL_VERIFY_PEER, watch);
            if (source != 1)
                SSL_CTX_load_verify_file(client, pki("ca.pem"));
            switch (source) {
            case 0:
            case 1:
                X509_LOOKUP_add_dir(X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir()), pki("crldir"), X509_FILETYPE_PEM);
                break;
            case 2:
                printf(" [loaded %d]", X509_load_crl_file(X509_STORE_add_lookup(store, X509_LOOKUP_file()), pki("ca.crl"), X509_FILETYPE_PEM));
                break;
            case 3:
                printf(" [loaded %d]", X509_load_crl_file(X509_STORE_add_lookup(store, X509_LOOKUP_file()), pki("old.crl"), X509_FILETYPE_PEM));
                break;
            case 4:
                printf(" [loaded %d]", X509_load_cert_crl_file(X509_STORE_add_lookup(store, X509_LOOKUP_file()), pki("ca.crl"), X509_FILETYPE_PEM));
                X509_load_crl_file(X509_STORE_add_lookup(store, X509_LOOKUP_file()), pki("inter.crl"), X509_FILETYPE_PEM);
                break;
            }
            X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | (source == 4 ? X509_V_FLAG_CRL_CHECK_ALL : 0));
            snprintf(label, sizeof label, "source %d, %s", source, certs[c]);
            once(label, client, server);
            SSL_CTX_free(client);
            SSL_CTX_free(server);
        }
    }
    ERR_clear_error();
}

/* ---- constraints of CAs, policies ---- */

static void one_ca(const char *name, int nid, const char *value, int leaf_policy)
{
    EVP_PKEY *key = load_key("inter.key");
    struct issuer inter = { issue_begin("CA", key, 1), key };
    X509 *cert = issue_begin("localhost", leaf_key, 0);
    SSL_CTX *server = new_server_ctx(NULL);

    if (nid == NID_basic_constraints)
        issue_no_ext(inter.cert, nid);
    if (value != NULL)
        issue_ext(inter.cert, nid, value);
    if (nid == NID_certificate_policies)
        issue_raw_ext(inter.cert, "2.5.29.32", 0, "\x30\x08\x30\x06\x06\x04\x2a\x03\x04\x05", 10);
    issue_end(inter.cert, &root, NULL, EVP_sha256());
    if (leaf_policy)
        issue_raw_ext(cert, "2.5.29.32", 0, "\x30\x08\x30\x06\x06\x04\x2a\x03\x04\x05", 10);
    issue_end(cert, &inter, NULL, EVP_sha256());
    SSL_CTX_use_certificate(server, cert);
    SSL_CTX_use_PrivateKey(server, leaf_key);
    SSL_CTX_add1_chain_cert(server, inter.cert);
    for (int flags = 0; flags < 3; flags++) {
        SSL_CTX *client = watching_client(SSL_VERIFY_PEER);
        X509_VERIFY_PARAM *param = SSL_CTX_get0_param(client);
        char label[60];

        if (flags == 1)
            X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_POLICY_CHECK | X509_V_FLAG_EXPLICIT_POLICY);
        if (flags == 2) {
            ASN1_OBJECT *policy = OBJ_txt2obj("1.2.3.4.5", 1);

            X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_EXPLICIT_POLICY | X509_V_FLAG_NOTIFY_POLICY);
            X509_VERIFY_PARAM_add0_policy(param, policy);
        }
        snprintf(label, sizeof label, "%s, flags %d", name, flags);
        once(label, client, server);
        SSL_CTX_free(client);
    }
    SSL_CTX_free(server);
    X509_free(cert);
    X509_free(inter.cert);
    EVP_PKEY_free(key);
}

static void cas(void)
{
    SECTION("CAs");
    one_ca("usual CA", 0, NULL, 0);
    one_ca("CA with a policy", NID_certificate_policies, NULL, 0);
    one_ca("both with a policy", NID_certificate_policies, NULL, 1);
    one_ca("no constraints", NID_basic_constraints, NULL, 0);
    one_ca("no CA", NID_basic_constraints, "CA:FALSE", 0);
    one_ca("path length 0", NID_basic_constraints, "CA:TRUE,pathlen:0", 0);
    one_ca("no signing", NID_key_usage, "critical,digitalSignature", 0);
    one_ca("names permitted", NID_name_constraints, "critical,permitted;DNS:localhost,permitted;IP:127.0.0.0/255.0.0.0", 0);
    one_ca("other names permitted", NID_name_constraints, "permitted;DNS:example.org", 0);
    one_ca("name excluded", NID_name_constraints, "critical,excluded;DNS:localhost", 0);
    one_ca("address excluded", NID_name_constraints, "critical,excluded;IP:127.0.0.1/255.255.255.255", 0);
    one_ca("for clients", NID_ext_key_usage, "clientAuth", 0);
    one_ca("no policy allowed", NID_policy_constraints, "critical,requireExplicitPolicy:0", 0);
}

int main(void)
{
    root.cert = load_cert("ca.pem");
    root.key = load_key("ca.key");
    leaf_key = load_key("ecdsa.key");
    flags();
    flag_places();
    both_places();
    values();
    names();
    hosts();
    store_callbacks();
    lookups();
    cas();
    X509_free(root.cert);
    EVP_PKEY_free(root.key);
    EVP_PKEY_free(leaf_key);
    return 0;
}
