namespace Sigrun.Security.Ldap;

/// <summary>What one thread has to do with one server: a connection that is made when it is needed, and kept.</summary>
internal sealed class LdapLine(LdapServer server) : IDisposable
{
    private LdapConnection? _connection;

    /// <summary>
    /// Does something over the connection. One that was kept may have been closed by the server meanwhile, which says nothing
    /// about the server: then it is tried once more over another.
    /// </summary>
    /// <exception cref="LdapException">The server cannot be talked to, or says no.</exception>
    public T Use<T>(Func<LdapConnection, T> operation)
    {
        for (; ; )
        {
            bool wasKept = _connection is not null;
            _connection ??= server.Connect();
            try
            {
                return operation(_connection);
            }
            catch (LdapException fault) when (fault.IsConnection)
            {
                Dispose();
                if (!wasKept || fault.IsTimeout) throw;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection?.Dispose();
        _connection = null;
    }
}
