/* ALPN on both sides, SSL_select_next_proto, and NPN. */
#include "call.h"

static void show_selected(const char *label, const SSL *ssl)
{
    const unsigned char *data = NULL;
    unsigned len = 99;

    SSL_get0_alpn_selected(ssl, &data, &len);
    printf("  %s: %u \"%.*s\"\n", label, len, (int)len, data == NULL ? "" : (const char *)data);
}

/* ---- the lists ---- */

#define WIRE(text) (const unsigned char *)(text), sizeof(text) - 1

static void setting(void)
{
    static const struct { const char *name; const unsigned char *list; unsigned len; } lists[] = {
        { "h2", WIRE("\x02h2") }, { "h2, http/1.1", WIRE("\x02h2\x08http/1.1") }, { "empty", WIRE("") }, { "cut", WIRE("\x05hell") },
        { "rest of one byte", WIRE("\x02h2\x08") }, { "empty name", WIRE("\x00") }, { "empty name at the end", WIRE("\x02h2\x00") }, { "binary", WIRE("\x03\x00\xff\x01") },
    };
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(ctx);

    SECTION("setting a list");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        printf("%s: context %d, connection %d\n", lists[i].name, SSL_CTX_set_alpn_protos(ctx, lists[i].list, lists[i].len),
               SSL_set_alpn_protos(ssl, lists[i].list, lists[i].len));
        SHOW_ERR();
    }
    SHOW(SSL_CTX_set_alpn_protos(ctx, NULL, 0));
    SHOW(SSL_set_alpn_protos(ssl, NULL, 0));
    SHOW_ERR();
    show_selected("not connected", ssl);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void select_one(const char *label, const unsigned char *server, unsigned server_len, const unsigned char *client, unsigned client_len)
{
    unsigned char *out = NULL, outlen = 0;
    int ret = SSL_select_next_proto(&out, &outlen, server, server_len, client, client_len);

    printf("%s: %d", label, ret);
    if (out != NULL)
        printf(" \"%.*s\"", outlen, (const char *)out);
    printf("\n");
}

static void selecting(void)
{
    SECTION("SSL_select_next_proto");
    select_one("first of the server", WIRE("\x02h2\x08http/1.1"), WIRE("\x08http/1.1\x02h2"));
    select_one("only the second", WIRE("\x03spd\x08http/1.1"), WIRE("\x08http/1.1\x02h2"));
    select_one("nothing in common", WIRE("\x03spd"), WIRE("\x08http/1.1\x02h2"));
    select_one("prefix is not enough", WIRE("\x02h2"), WIRE("\x03h2c"));
    select_one("empty server", WIRE(""), WIRE("\x02h2"));
    select_one("cut server", WIRE("\x05h2"), WIRE("\x02h2"));
    select_one("zero-length name", WIRE("\x00\x02h2"), WIRE("\x02h2"));
}

/* ---- callbacks ---- */

struct choice {
    int answer;
    const char *protocol;
};

static int choose(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned inlen, void *arg)
{
    const struct choice *choice = arg;

    printf("  callback: server %d, version %s, offer ", SSL_is_server(ssl), SSL_get_version(ssl));
    for (unsigned i = 0; i < inlen; i += in[i] + 1u)
        printf("[%.*s]", in[i], (const char *)in + i + 1);
    printf("\n");
    if (choice->protocol != NULL) {
        *out = (const unsigned char *)choice->protocol;
        *outlen = (unsigned char)strlen(choice->protocol);
    }
    return choice->answer;
}

static void run(int version, const char *label, const unsigned char *offer, unsigned offer_len, const struct choice *choice)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;
    struct pair_result result;

    printf("-- %s\n", label);
    if (choice != NULL)
        SSL_CTX_set_alpn_select_cb(ctx.server, choose, (void *)choice);
    if (offer != NULL && SSL_CTX_set_alpn_protos(ctx.client, offer, offer_len) != 0)
        check_give_up("offer");
    pair_new(&client, &server, ctx.client, ctx.server);
    result = pair_handshake(client, server);
    pair_show("  handshake", &result);
    show_selected("client", client);
    show_selected("server", server);
    pair_free(client, server);
    contexts_free(&ctx);
}

static void negotiating(int version)
{
    static const struct choice h2 = { SSL_TLSEXT_ERR_OK, "h2" }, http = { SSL_TLSEXT_ERR_OK, "http/1.1" }, none = { SSL_TLSEXT_ERR_NOACK, NULL },
                               fatal = { SSL_TLSEXT_ERR_ALERT_FATAL, NULL }, warning = { SSL_TLSEXT_ERR_ALERT_WARNING, NULL },
                               not_offered = { SSL_TLSEXT_ERR_OK, "spdy/3" }, empty = { SSL_TLSEXT_ERR_OK, "" };

    run(version, "nobody", NULL, 0, NULL);
    run(version, "client only", WIRE("\x02h2\x08http/1.1"), NULL);
    run(version, "server only", NULL, 0, &h2);
    run(version, "h2", WIRE("\x02h2\x08http/1.1"), &h2);
    run(version, "http/1.1", WIRE("\x02h2\x08http/1.1"), &http);
    run(version, "server does not acknowledge", WIRE("\x02h2"), &none);
    run(version, "server answers with a fatal alert", WIRE("\x02h2"), &fatal);
    run(version, "server answers with a warning", WIRE("\x02h2"), &warning);
    run(version, "server chooses what was not offered", WIRE("\x02h2"), &not_offered);
    run(version, "server chooses the empty name", WIRE("\x02h2"), &empty);
}

/* The connection's list counts more than the context's; the callback of the context chosen by name counts. */
static SSL_CTX *second;

static int switch_context(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    (void)arg;
    SSL_set_SSL_CTX(ssl, second);
    return SSL_TLSEXT_ERR_OK;
}

static void overrides(int version)
{
    static const struct choice h2 = { SSL_TLSEXT_ERR_OK, "h2" }, http = { SSL_TLSEXT_ERR_OK, "http/1.1" };
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;

    SSL_CTX_set_alpn_protos(ctx.client, WIRE("\x02h2"));
    SSL_CTX_set_alpn_select_cb(ctx.server, choose, (void *)&h2);
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(SSL_set_alpn_protos(client, WIRE("\x08http/1.1\x02h2")));
    SHOW(pair_handshake(client, server).ok);
    show_selected("client", client);
    pair_free(client, server);

    printf("-- another context\n");
    second = new_server_ctx("rsa");
    SSL_CTX_set_alpn_select_cb(second, choose, (void *)&http);
    SSL_CTX_set_tlsext_servername_callback(ctx.server, switch_context);
    pair_new(&client, &server, ctx.client, ctx.server);
    SSL_set_tlsext_host_name(client, "localhost");
    SSL_set_alpn_protos(client, WIRE("\x08http/1.1\x02h2"));
    SHOW(pair_handshake(client, server).ok);
    show_selected("client", client);
    pair_free(client, server);
    SSL_CTX_free(second);
    contexts_free(&ctx);
}

/* ---- NPN ---- */

static int advertise(SSL *ssl, const unsigned char **out, unsigned *outlen, void *arg)
{
    (void)ssl;
    (void)arg;
    *out = (const unsigned char *)"\x02h2";
    *outlen = 3;
    printf("  NPN advertised\n");
    return SSL_TLSEXT_ERR_OK;
}

static void npn(void)
{
    struct contexts ctx = contexts_new("ecdsa", TLS1_3_VERSION);
    const unsigned char *data = NULL;
    unsigned len = 99;
    SSL *client, *server;

    SECTION("NPN is not there in TLS 1.3");
    SSL_CTX_set_next_protos_advertised_cb(ctx.server, advertise, NULL);
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(pair_handshake(client, server).ok);
    SSL_get0_next_proto_negotiated(client, &data, &len);
    SHOW_PTR(data);
    SHOW(len);
    pair_free(client, server);
    contexts_free(&ctx);
}

int main(void)
{
    setting();
    selecting();
    in_both_versions("negotiating", negotiating);
    in_both_versions("overrides", overrides);
    npn();
    return 0;
}
