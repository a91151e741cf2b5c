using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Allocation;

/// <summary>Nor do commands of a user allocate anything who may not do everything, wherever the permission is found.</summary>
[Collection(Alone.Name)]
public sealed class PermissionAllocationTests
{
    [Theory]
    [InlineData("+get +set +mget +del +publish +ping %R~key:* ~other %W~key:* %RW~gone:* &other &channel:*")]
    [InlineData("+ping (+del ~other) (+get +set +mget +del +publish ~key:* ~gone:* &channel:* db=0,3)")]
    public void Permitted_commands_cost_no_garbage(string rules)
    {
        using var server = new TestServer();
        using var state = new SteadyState(server);
        using (RespClient admin = server.Connect())
        {
            // The client of the measurement is the default user's, and loses what the rules do not give.
            Assert.Equal("+OK", admin.Line("ACL SETUSER admin on nopass ~* &* +@all"));
            Assert.Equal("+OK", admin.Line("AUTH admin x"));
            Assert.Equal("+OK", admin.Line("ACL SETUSER default resetkeys resetchannels -@all resetdbs db=0 " + rules));
        }
        foreach (string command in (string[])["GET key:{0}", "SET key:{0} value", "MGET key:{0} key:1 key:2", "DEL gone:{0}", "PUBLISH channel:{0} m"])
            state.AssertAllocatesNothing(command);
    }
}
