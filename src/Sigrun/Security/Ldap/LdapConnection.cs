using System.Formats.Asn1;

namespace Sigrun.Security.Ldap;

/// <summary>A connection to an LDAP server, which one thread uses, for one operation after the other.</summary>
/// <remarks>
/// <para>
/// Of the protocol there is what logging in needs: a simple bind, a search for one entry, and the extended operations that
/// encrypt the connection and ask whether the server is there. Whoever uses it waits, with a bound on the whole of each
/// operation. After a failure of the connection it is of no use.
/// </para>
/// <para>
/// The runtime's own client was tried and cannot be used: its bind waits without end for a server that does not answer,
/// passwords end at their first byte of zero, and it takes neither the file of an authority nor a certificate of the client.
/// </para>
/// </remarks>
internal sealed class LdapConnection : IDisposable
{
    /// <summary>Answers here are a few hundred bytes; one of more than this is none.</summary>
    private const int MessageBytesMax = 1 << 20;

    /// <summary>The longest beginning of a message: its tag, and a length of four bytes.</summary>
    private const int HeadBytesMax = 6;

    private readonly LdapStream _bottom;
    private Stream _stream;
    private int _lastId;

    private LdapConnection(LdapStream stream) => _stream = _bottom = stream;

    /// <summary>Connects, and encrypts the connection where that is wanted.</summary>
    /// <exception cref="LdapException">The connection cannot be made.</exception>
    public static LdapConnection Open(LdapUrl url, LdapOptions options, IClock clock)
    {
        LdapConnection connection = Guarded(() => new LdapConnection(LdapStream.Connect(url, clock, options.ConnectTimeoutMs)));
        try
        {
            Guarded(() => connection.Encrypt(url, options.Link));
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Tries a name and a password.</summary>
    /// <exception cref="LdapException">The connection fails.</exception>
    public LdapResult Bind(ReadOnlySpan<byte> dn, ReadOnlySpan<byte> password, int timeoutMs)
    {
        byte[] request = LdapMessages.Bind(++_lastId, dn, password);
        return Guarded(() => Ask(request, LdapMessageKind.BindResponse, timeoutMs));
    }

    /// <summary>Asks whether the server is there.</summary>
    /// <exception cref="LdapException">It is not.</exception>
    public void Ping(int timeoutMs)
    {
        byte[] request = LdapMessages.Extended(++_lastId, LdapMessages.WhoAmI);
        LdapResult result = Guarded(() => Ask(request, LdapMessageKind.ExtendedResponse, timeoutMs));
        if (!result.IsSuccess) throw new LdapException($"failed to run WhoAmI command on the ldap server: {result}");
    }

    /// <summary>Searches for the entry of a user.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="user">The name.</param>
    /// <param name="names">Gets what each entry says is its distinguished name; null for one that says nothing.</param>
    /// <exception cref="LdapException">The connection fails.</exception>
    public LdapResult Search(LdapOptions options, ReadOnlySpan<byte> user, List<byte[]?> names)
    {
        byte[] request = LdapMessages.Search(++_lastId, options, user);
        return Guarded(() =>
        {
            _bottom.SetDeadline(options.OperationTimeoutMs);
            _stream.Write(request);
            for (; ; )
            {
                AsnReader content = Receive(out LdapMessageKind kind);
                switch (kind)
                {
                    case LdapMessageKind.SearchDone:
                        return LdapMessages.ReadResult(content);
                    case LdapMessageKind.SearchEntry:
                        // A server that sends more than it was asked for has said enough.
                        if (names.Count < LdapMessages.EntriesMax) names.Add(LdapMessages.ReadValue(content, options.SearchDnAttribute));
                        break;
                    case LdapMessageKind.SearchReference:
                        break;
                    default:
                        throw new AsnContentException();
                }
            }
        });
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private bool Encrypt(LdapUrl url, LdapLink link)
    {
        if (!url.IsSecure && !link.UseStartTls) return true;
        if (!url.IsSecure)
        {
            _stream.Write(LdapMessages.Extended(++_lastId, LdapMessages.StartTls));
            LdapResult result = LdapMessages.ReadResult(Expect(LdapMessageKind.ExtendedResponse));
            if (!result.IsSuccess) throw LdapException.Connection(result.ToString());
        }
        _stream = LdapTls.Encrypt(_stream, url.Host, link);
        return true;
    }

    private LdapResult Ask(byte[] request, LdapMessageKind answer, int timeoutMs)
    {
        _bottom.SetDeadline(timeoutMs);
        _stream.Write(request);
        return LdapMessages.ReadResult(Expect(answer));
    }

    private AsnReader Expect(LdapMessageKind expected)
    {
        AsnReader content = Receive(out LdapMessageKind kind);
        return kind == expected ? content : throw new AsnContentException();
    }

    /// <summary>Receives a message. One that answers nothing says that the server is about to close the connection.</summary>
    private AsnReader Receive(out LdapMessageKind kind)
    {
        AsnReader content = LdapMessages.Open(ReceiveMessage(), out int id, out kind);
        if (id == _lastId) return content;
        throw id == 0 && kind == LdapMessageKind.ExtendedResponse
            ? LdapException.Connection(LdapMessages.ReadResult(content).ToString())
            : new AsnContentException();
    }

    private byte[] ReceiveMessage()
    {
        Span<byte> head = stackalloc byte[HeadBytesMax];
        _stream.ReadExactly(head[..2]);
        int lengthBytes = head[1] < 0x80 ? 0 : head[1] & 0x7f;
        if (head[0] != 0x30 || head[1] == 0x80 || lengthBytes > HeadBytesMax - 2) throw new AsnContentException();
        _stream.ReadExactly(head.Slice(2, lengthBytes));
        long length = lengthBytes == 0 ? head[1] : 0;
        foreach (byte b in head.Slice(2, lengthBytes)) length = length << 8 | b;
        if (length > MessageBytesMax) throw new AsnContentException();
        var message = new byte[2 + lengthBytes + (int)length];
        head[..(2 + lengthBytes)].CopyTo(message);
        _stream.ReadExactly(message.AsSpan(2 + lengthBytes));
        return message;
    }

    /// <summary>Whatever goes wrong with a connection is one thing to those who use it.</summary>
    private static T Guarded<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (LdapException)
        {
            throw;
        }
        catch (Exception fault) when (fault.InnerException is LdapException inner)
        {
            // What the stream at the bottom has said, wrapped on the way through the layer that encrypts.
            throw inner;
        }
        catch (EndOfStreamException)
        {
            throw LdapException.Connection("the server has closed the connection");
        }
        catch (AsnContentException)
        {
            throw LdapException.Connection("the server's answer makes no sense");
        }
        catch (Exception fault)
        {
            // Whatever the system, its certificates and the libraries behind them may throw: a thread that falls would take
            // the process with it.
            throw LdapException.Connection(fault.InnerException is { } cause ? $"{fault.Message} {cause.Message}" : fault.Message);
        }
    }
}
