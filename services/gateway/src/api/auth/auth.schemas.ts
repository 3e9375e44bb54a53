import { z } from 'zod';
import { allPermissions } from '../../domain/access/permissions.js';

export const emailSchema = z
  .email()
  .max(300)
  .transform((email) => email.toLowerCase());

/** Long ones only; what they are made of is their owner's business. */
export const newPasswordSchema = z.string().min(12).max(200).meta({ description: 'At least 12 characters.' });
const passwordSchema = z.string().min(1).max(200);
const tokenSchema = z.string().min(1).max(300);

export const signInSchema = z
  .strictObject({
    email: emailSchema,
    password: passwordSchema,
    organisation: z
      .string()
      .max(100)
      .optional()
      .meta({ description: 'Its id, for who belongs to several; the oldest membership otherwise.' }),
  })
  .meta({ id: 'SignIn' });
export type SignInBody = z.infer<typeof signInSchema>;

export const refreshSchema = z.strictObject({ refresh_token: tokenSchema }).meta({ id: 'RefreshToken' });

export const acceptInvitationSchema = z
  .strictObject({
    token: tokenSchema,
    password: newPasswordSchema.meta({ description: 'A new one, or the present one of who has an account already.' }),
  })
  .meta({ id: 'AcceptInvitation' });
export type AcceptInvitationBody = z.infer<typeof acceptInvitationSchema>;

export const changePasswordSchema = z
  .strictObject({ current_password: passwordSchema, new_password: newPasswordSchema })
  .meta({ id: 'ChangePassword' });
export type ChangePasswordBody = z.infer<typeof changePasswordSchema>;

export const beginOpenIdSchema = z
  .strictObject({
    redirect_uri: z.url().max(1000).meta({
      description: 'Where the provider sends the browser back to: below the public address, or on this machine.',
    }),
  })
  .meta({ id: 'BeginOpenId' });

export const begunOpenIdSchema = z
  .object({
    authorization_url: z.string().meta({ description: 'Where the browser goes.' }),
    binder: z.string().meta({ description: 'Kept by who began, and sent back at the end.' }),
  })
  .meta({ id: 'BegunOpenId' });

export const finishOpenIdSchema = z
  .strictObject({
    code: z.string().min(1).max(2000),
    state: tokenSchema,
    binder: tokenSchema,
    iss: z.string().max(1000).optional(),
    session_state: z.string().max(1000).optional(),
  })
  .meta({ id: 'FinishOpenId' });
export type FinishOpenIdBody = z.infer<typeof finishOpenIdSchema>;

export const tokensSchema = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'How long the access token is good, in seconds.' }),
    refresh_token: z.string().meta({ description: 'Good once. Used twice, it ends the session.' }),
    user_id: z.string(),
    organisation: z.string(),
  })
  .meta({ id: 'Tokens' });

export const permissionSchema = z.enum(allPermissions).meta({ id: 'Permission' });

export const meSchema = z
  .object({
    organisation: z.string(),
    user_id: z.string().nullable(),
    key_id: z.string().nullable(),
    permissions: z.array(permissionSchema),
    workflow_id: z.string().nullable().meta({ description: 'The only one that this API key is for.' }),
    dataset_id: z.string().nullable(),
  })
  .meta({ id: 'Me' });

export const sessionListSchema = z.object({
  items: z.array(
    z
      .object({
        id: z.string(),
        current: z.boolean(),
        address: z.string(),
        agent: z.string(),
        created_at: z.string(),
        refreshed_at: z.string(),
        expires_at: z.string(),
      })
      .meta({ id: 'Session' }),
  ),
});
