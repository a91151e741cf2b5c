using System.Text;
using Sigrun.Protocol;

namespace Sigrun.Commands;

/// <summary>DEBUG PROTOCOL: a sample reply of each type, for the tests of clients.</summary>
internal static class DebugProtocol
{
    private static readonly (string Name, Action<ReplyWriter> Write)[] Samples =
    [
        ("string", reply => reply.Bulk("Hello World"u8)),
        ("integer", reply => reply.Integer(12345)),
        ("double", reply => reply.Double(3.141)),
        ("bignum", reply => reply.BigNumber("1234567999999999999999999999999999999"u8)),
        ("null", reply => reply.Null()),
        ("array", Array),
        ("set", Set),
        ("map", Map),
        ("attrib", Attribute),
        ("push", Push),
        ("true", reply => reply.Boolean(true)),
        ("false", reply => reply.Boolean(false)),
        ("verbatim", reply => reply.Verbatim("txt"u8, "This is a verbatim\nstring"u8)),
    ];

    /// <summary>DEBUG PROTOCOL type.</summary>
    public static void Show(CommandContext c)
    {
        foreach ((string name, Action<ReplyWriter> write) in Samples)
        {
            if (!Ascii.EqualsIgnoreCase(c.Arg(2), name)) continue;
            write(c.Reply);
            return;
        }
        c.Reply.Error("ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false"u8);
    }

    private static void Array(ReplyWriter reply)
    {
        reply.Array(3);
        for (int i = 0; i < 3; i++) reply.Integer(i);
    }

    private static void Set(ReplyWriter reply)
    {
        reply.Set(3);
        for (int i = 0; i < 3; i++) reply.Integer(i);
    }

    private static void Map(ReplyWriter reply)
    {
        reply.Map(3);
        for (int i = 0; i < 3; i++)
        {
            reply.Integer(i);
            reply.Boolean(i == 1);
        }
    }

    /// <summary>Attributes are no reply of their own: one follows.</summary>
    private static void Attribute(ReplyWriter reply)
    {
        if (reply.IsResp3)
        {
            reply.Attribute(1);
            reply.Bulk("key-popularity"u8);
            reply.Array(2);
            reply.Bulk("key:123"u8);
            reply.Integer(90);
        }
        reply.Bulk("Some real reply following the attribute"u8);
    }

    /// <summary>A push answers no request. One that a command causes follows the command's own reply.</summary>
    private static void Push(ReplyWriter reply)
    {
        if (!reply.IsResp3)
        {
            reply.Error("ERR RESP2 is not supported by this command"u8);
            return;
        }
        reply.Bulk("Some real reply following the push reply"u8);
        reply.Push(2);
        reply.Bulk("server-cpu-usage"u8);
        reply.Integer(42);
    }
}
