/* The callback that is shown the extensions a peer sends. */
#include "call.h"

struct seen {
    const char *side;
    int count, types[64], lens[64], first[64];
};

static void note(SSL *ssl, int client_server, int type, const unsigned char *data, int len, void *arg)
{
    struct seen *seen = arg;

    if (client_server != !SSL_is_server(ssl))
        printf("the wrong side\n");
    if (seen->count < 64) {
        seen->types[seen->count] = type;
        seen->first[seen->count] = len > 0 ? data[0] : -1;
        seen->lens[seen->count++] = len;
    }
}

/* Sides order extensions as they like, so they are shown by number. `lengths`: those do not depend on what is offered. */
static void show(struct seen *seen, int lengths)
{
    printf("%s is shown", seen->side);
    for (int type = 0; type <= 0xffff; type++)
        for (int i = 0; i < seen->count; i++)
            if (seen->types[i] == type)
                lengths ? printf(" %d:%d:%d", type, seen->lens[i], seen->first[i]) : printf(" %d", type);
    printf("\n");
    seen->count = 0;
}

static void watch(SSL *ssl, struct seen *seen)
{
    SHOW(SSL_set_tlsext_debug_callback(ssl, note));
    SHOW(SSL_set_tlsext_debug_arg(ssl, seen));
}

/* What a client sees of a server, message after message: only what is the same in all libraries. */
static void client_sees(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    struct seen seen = { .side = "client" };
    SSL *client, *server;

    SSL_CTX_load_verify_file(ctx.server, pki("ca.pem"));
    SSL_CTX_set_num_tickets(ctx.server, 1);
    SSL_CTX_set1_groups_list(ctx.server, "X25519");
    pair_new(&client, &server, ctx.client, ctx.server);
    watch(client, &seen);
    SSL_set_alpn_protos(client, (const unsigned char *)"\x02h2", 3);
    for (int i = 0; i < 3; i++) {
        ERR_clear_error();
        SSL_do_handshake(client);
        SSL_do_handshake(server);
        show(&seen, 1);
    }
    printf("-- after the handshake\n");
    pair_settle(client);
    show(&seen, 1);
    CHECK(pair_transfer(server, client, "data", 4));
    show(&seen, 1);
    pair_free(client, server);
    contexts_free(&ctx);
}

/* Our own hello's extensions differ from one library to another: only some must be there. */
static void server_sees(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    struct seen seen = { .side = "server" };
    SSL *client, *server;
    int found = 0;

    pair_new(&client, &server, ctx.client, ctx.server);
    watch(server, &seen);
    SSL_set_tlsext_host_name(client, "localhost");
    pair_connect(client, server);
    for (int i = 0; i < seen.count; i++)
        found += seen.types[i] == TLSEXT_TYPE_server_name || seen.types[i] == TLSEXT_TYPE_supported_groups
            || seen.types[i] == TLSEXT_TYPE_signature_algorithms || seen.types[i] == TLSEXT_TYPE_extended_master_secret;
    SHOW(found);
    pair_free(client, server);
    contexts_free(&ctx);
}

/* Taken back before the handshake; set on a server after its ClientHello has been read. */
static void not_called(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    struct seen seen = { .side = "client" };
    SSL *client, *server;

    pair_new(&client, &server, ctx.client, ctx.server);
    watch(client, &seen);
    SHOW(SSL_set_tlsext_debug_callback(client, NULL));
    pair_connect(client, server);
    watch(server, &seen);
    CHECK(pair_transfer(client, server, "data", 4));
    show(&seen, 0);
    pair_free(client, server);
    contexts_free(&ctx);
}

int main(void)
{
    in_both_versions("client", client_sees);
    in_both_versions("server", server_sees);
    in_both_versions("not called", not_called);
    return 0;
}
