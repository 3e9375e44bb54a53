import { z } from 'zod';
import { emailSchema, permissionSchema } from '../auth/auth.schemas.js';

export const roleNameSchema = z.string().regex(/^[a-z][a-z0-9-]{0,49}$/, 'must be a-z, 0-9 and -, at most 50');

export const listUsersSchema = z.strictObject({
  cursor: z.string().max(300).default(''),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});
export type ListUsersQuery = z.infer<typeof listUsersSchema>;

export const inviteUserSchema = z
  .strictObject({
    email: emailSchema,
    name: z.string().trim().max(200).default(''),
    role: roleNameSchema.default('viewer'),
  })
  .meta({ id: 'InviteUser' });
export type InviteUserBody = z.infer<typeof inviteUserSchema>;

export const changeUserSchema = z
  .strictObject({ role: roleNameSchema.optional(), disabled: z.boolean().optional() })
  .meta({ id: 'ChangeUser' });
export type ChangeUserBody = z.infer<typeof changeUserSchema>;

const userFields = {
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.string(),
  status: z.enum(['invited', 'active', 'disabled']),
  created_at: z.string(),
  last_sign_in_at: z.string().nullable(),
};

export const userSchema = z.object(userFields).meta({ id: 'User' });
export const userPageSchema = z
  .object({ items: z.array(userSchema), next_cursor: z.string().nullable() })
  .meta({ id: 'UserPage' });
export const invitedUserSchema = z
  .object({
    ...userFields,
    invitation: z.object({
      token: z.string().meta({ description: 'Told once. Whoever has it comes in as this user.' }),
      expires_at: z.string(),
    }),
  })
  .meta({ id: 'InvitedUser' });

export const saveRoleSchema = z
  .strictObject({ permissions: z.array(permissionSchema).min(1).max(100) })
  .meta({ id: 'SaveRole' });
export const roleSchema = z
  .object({ name: z.string(), permissions: z.array(permissionSchema), built_in: z.boolean() })
  .meta({ id: 'Role' });
export const roleListSchema = z.object({ items: z.array(roleSchema) }).meta({ id: 'RoleList' });

const nameSchema = z.string().trim().min(1).max(200);
export const renameOrganisationSchema = z.strictObject({ name: nameSchema }).meta({ id: 'RenameOrganisation' });
export const createOrganisationSchema = z
  .strictObject({ name: nameSchema, owner_email: emailSchema })
  .meta({ id: 'CreateOrganisation' });
export type CreateOrganisationBody = z.infer<typeof createOrganisationSchema>;
const organisationFields = { id: z.string(), name: z.string(), created_at: z.string() };
export const organisationSchema = z.object(organisationFields).meta({ id: 'Organisation' });
export const createdOrganisationSchema = z
  .object({ ...organisationFields, owner: invitedUserSchema })
  .meta({ id: 'CreatedOrganisation' });
