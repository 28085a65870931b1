/* The alert and the error queue for every result that a verification can end with, on both sides. */
#include "call.h"

/* X509_V_ERR_* go up to 94 in OpenSSL 3.0; numbers beyond are what later versions, or a program's own callback, may use. */
#define LAST_RESULT 100

static int result_given, answer_given;

static int give_result(X509_STORE_CTX *store, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_error(store, result_given);
    return answer_given;
}

/* The alert that this side sends, as a message callback shows it. */
static void see_alert(int write_p, int version, int content_type, const void *buf, size_t len, SSL *ssl, void *arg)
{
    const unsigned char *alert = buf;

    (void)version;
    (void)ssl;
    if (write_p && content_type == SSL3_RT_ALERT && len == 2)
        *(int *)arg = alert[0] << 8 | alert[1];
}

static void print_queue(const struct pair_side *side)
{
    for (int i = 0; i < side->errs; i++)
        printf(" [%d %d %s]", ERR_GET_LIB(side->err[i]), ERR_GET_REASON(side->err[i]), ERR_reason_error_string(side->err[i]));
}

static void one_result(struct contexts *ctx, int on_server)
{
    SSL *client, *server, *judge;
    struct pair_result result;
    char byte;
    int alert = 0, ret;
    unsigned long code;

    pair_new(&client, &server, ctx->client, ctx->server);
    judge = on_server ? server : client;
    SSL_set_msg_callback(judge, see_alert);
    SSL_set_msg_callback_arg(judge, (char *)&alert);
    result = pair_handshake(client, server);
    printf("%s, result %d: sends %d, queue", on_server ? "server" : "client", result_given, alert & 0xff);
    print_queue(on_server ? &result.server : &result.client);
    printf("; has %ld; the peer", SSL_get_verify_result(judge));
    if (on_server && result.client.ret == 1) {
        /* the client of TLS 1.3 hears of it later */
        ret = SSL_read(client, &byte, 1);
        printf(" reads %d, %s", ret, call_error_name(SSL_get_error(client, ret)));
        while ((code = ERR_get_error()) != 0)
            printf(" [%d %d]", ERR_GET_LIB(code), ERR_GET_REASON(code));
    } else {
        print_queue(on_server ? &result.client : &result.server);
    }
    printf("\n");
    pair_free(client, server);
}

static void results(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    int step = getenv("CAPI_SHORT") == NULL ? 1 : 9;

    SSL_CTX_set_verify(ctx.server, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_use_certificate_file(ctx.client, pki("client.pem"), SSL_FILETYPE_PEM) != 1
        || SSL_CTX_use_PrivateKey_file(ctx.client, pki("client.key"), SSL_FILETYPE_PEM) != 1)
        check_give_up("client.pem");
    for (int on_server = 0; on_server < 2; on_server++) {
        SSL_CTX_set_cert_verify_callback(on_server ? ctx.server : ctx.client, give_result, NULL);
        if (on_server)
            SSL_CTX_set_cert_verify_callback(ctx.client, NULL, NULL);
        for (result_given = -1; result_given <= LAST_RESULT; result_given += step)
            one_result(&ctx, on_server);
        for (answer_given = -2; answer_given <= 2; answer_given += 3)
            for (result_given = 0; result_given <= 10; result_given += 10)
                one_result(&ctx, on_server);
        answer_given = 0;
    }
    contexts_free(&ctx);
}

int main(void)
{
    in_both_versions("every result", results);
    return 0;
}
