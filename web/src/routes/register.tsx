import { useSearch } from "@tanstack/react-router";
import { useConnection } from "../common/connection";
import { ConnectionSettings } from "../features/account/ConnectionSettings";
import { Front } from "../features/account/Front";
import { RegisterForm } from "../features/account/RegisterForm";

export function RegisterPage() {
  const { invite } = useSearch({ strict: false });
  const { client } = useConnection();
  if (client !== null) return <RegisterForm invite={invite ?? ""} />;
  return (
    <Front title="Connect to a gateway">
      <ConnectionSettings />
    </Front>
  );
}
