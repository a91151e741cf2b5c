using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Sigrun.House.Tests;

/// <summary>A method that names another one: calls it, or takes its address.</summary>
internal readonly record struct Call(string CallerType, string Caller, string CalleeType, string Callee);

/// <summary>
/// Reads which methods the code of an assembly names, from its compiled form: that sees through aliases,
/// implicit usings and extension syntax, where a search in the sources does not.
/// </summary>
internal static class CallScanner
{
    private static readonly Dictionary<int, OperandType> OperandTypes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!)
        .ToDictionary(o => o.Value & 0xFFFF, o => o.OperandType);

    /// <summary>All calls in an assembly to methods of other assemblies.</summary>
    public static List<Call> Scan(string assembly)
    {
        using FileStream file = File.OpenRead(assembly);
        using var image = new PEReader(file);
        MetadataReader metadata = image.GetMetadataReader();
        var calls = new List<Call>();
        foreach (MethodDefinitionHandle handle in metadata.MethodDefinitions)
        {
            MethodDefinition method = metadata.GetMethodDefinition(handle);
            if (method.RelativeVirtualAddress == 0) continue;
            string type = TypeName(metadata, method.GetDeclaringType());
            string name = metadata.GetString(method.Name);
            BlobReader body = image.GetMethodBody(method.RelativeVirtualAddress).GetILReader();
            foreach (int token in Tokens(body))
            {
                if (Callee(metadata, MetadataTokens.EntityHandle(token)) is { } callee)
                    calls.Add(new Call(type, name, callee.Type, callee.Method));
            }
        }
        return calls;
    }

    /// <summary>The operands of a method body that name methods.</summary>
    private static List<int> Tokens(BlobReader body)
    {
        var tokens = new List<int>();
        while (body.RemainingBytes > 0)
        {
            int code = body.ReadByte();
            if (code == 0xFE) code = 0xFE00 | body.ReadByte();
            switch (OperandTypes[code])
            {
                case OperandType.InlineMethod:
                case OperandType.InlineTok:
                    tokens.Add(body.ReadInt32());
                    break;
                case OperandType.InlineSwitch:
                    int targets = body.ReadInt32();
                    body.Offset += 4 * targets;
                    break;
                case OperandType operand:
                    body.Offset += Size(operand);
                    break;
            }
        }
        return tokens;
    }

    private static int Size(OperandType operand) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        _ => 4,
    };

    private static (string Type, string Method)? Callee(MetadataReader metadata, EntityHandle handle)
    {
        if (handle.Kind == HandleKind.MethodSpecification)
            handle = metadata.GetMethodSpecification((MethodSpecificationHandle)handle).Method;
        if (handle.Kind != HandleKind.MemberReference) return null;
        MemberReference member = metadata.GetMemberReference((MemberReferenceHandle)handle);
        if (member.Parent.Kind != HandleKind.TypeReference) return null;
        TypeReference type = metadata.GetTypeReference((TypeReferenceHandle)member.Parent);
        string name = metadata.GetString(type.Name);
        string space = metadata.GetString(type.Namespace);
        return (space.Length == 0 ? name : space + "." + name, metadata.GetString(member.Name));
    }

    /// <summary>Full name of a type; nested ones and compiler-made ones count as the type around them.</summary>
    private static string TypeName(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        TypeDefinition type = metadata.GetTypeDefinition(handle);
        while (!type.GetDeclaringType().IsNil) type = metadata.GetTypeDefinition(type.GetDeclaringType());
        string space = metadata.GetString(type.Namespace);
        string name = metadata.GetString(type.Name);
        return space.Length == 0 ? name : space + "." + name;
    }
}
